//! Writes HTML and SVG: every text is escaped, and every element that is opened is closed.

/// Elements behind which a new line begins, so that two versions of a site can be compared line by line.
const BLOCKS: [&str; 25] = [
    "head", "header", "main", "nav", "footer", "section", "div", "h1", "h2", "h3", "p", "ul", "ol", "li", "dl", "dt",
    "dd", "table", "thead", "tbody", "tr", "figure", "svg", "g", "pre",
];

/// An attribute and its value.
pub type Attribute<'a> = (&'a str, &'a str);

/// A piece of HTML that grows.
#[derive(Debug, Default)]
pub struct Html {
    out: String,
}

impl Html {
    pub fn finish(self) -> String {
        self.out
    }

    /// Text of anybody.
    pub fn text(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    /// Text of our own that is HTML already. It is known when the command is built, so no rule stands in it.
    pub fn own(&mut self, html: &'static str) {
        self.out.push_str(html);
    }

    /// An element and what `body` writes into it.
    pub fn inside(&mut self, tag: &str, attributes: &[Attribute<'_>], body: impl FnOnce(&mut Self)) {
        self.open(tag, attributes);
        body(self);
        self.out.push_str("</");
        self.out.push_str(tag);
        self.out.push('>');
        if BLOCKS.contains(&tag) {
            self.out.push('\n');
        }
    }

    /// An element that holds a text alone.
    pub fn element(&mut self, tag: &str, attributes: &[Attribute<'_>], text: &str) {
        self.inside(tag, attributes, |html| html.text(text));
    }

    /// An element of HTML that holds nothing and is never closed.
    pub fn void(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.open(tag, attributes);
        self.out.push('\n');
    }

    pub fn link(&mut self, href: &str, text: &str) {
        self.element("a", &[("href", href)], text);
    }

    /// A sentence in which names stand between backticks, as findings and descriptions have them.
    pub fn prose(&mut self, sentence: &str) {
        // An odd one is a sign of somebody's text.
        if !sentence.matches('`').count().is_multiple_of(2) {
            return self.text(sentence);
        }
        for (at, part) in sentence.split('`').enumerate() {
            if at % 2 == 0 {
                self.text(part);
            } else {
                self.element("code", &[], part);
            }
        }
    }

    fn open(&mut self, tag: &str, attributes: &[Attribute<'_>]) {
        self.out.push('<');
        self.out.push_str(tag);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape(value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
    }
}

fn escape(text: &str, out: &mut String) {
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(sign),
            // These turn the direction of the text around them, on a page that is not theirs.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            '\r' => {}
            sign if sign.is_control() => out.push('\u{fffd}'),
            sign => out.push(sign),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut html = Html::default();
        html.element("a", &[("href", "\" onclick=\"x")], "<script>&'\u{0}\u{202e}");
        let wanted = "<a href=\"&quot; onclick=&quot;x\">&lt;script&gt;&amp;&#39;\u{fffd}\u{fffd}</a>";
        assert_eq!(html.finish(), wanted);
    }

    #[test]
    fn names_between_backticks_are_code_and_an_odd_backtick_is_itself() {
        let mut html = Html::default();
        html.prose("no `<b>` here");
        html.prose("; a ` sign");
        assert_eq!(html.finish(), "no <code>&lt;b&gt;</code> here; a ` sign");
    }
}
