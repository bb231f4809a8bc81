//! Shapes on the map: what `geo within …` asks of a post's place. Points are degrees of latitude and longitude (WGS 84).

/// A shape on the map. Its edge belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// All points at most so far from the centre along the surface.
    Circle { lat: f64, lon: f64, metres: f64 },
    /// West may be larger than east: the box then lies across the 180th meridian.
    Box { south: f64, west: f64, north: f64, east: f64 },
    /// Corners in order, latitude and longitude; edges are straight on a map whose axes are the degrees.
    Polygon(Vec<(f64, f64)>),
}

/// The mean radius of the Earth, IUGG (Moritz, Geodetic Reference System 1980).
const EARTH_METRES: f64 = 6_371_008.8;

impl Area {
    /// Whether a point lies in the shape.
    #[must_use]
    pub fn holds(&self, lat: f64, lon: f64) -> bool {
        match self {
            Self::Circle { lat: of, lon: at, metres } => distance((*of, *at), (lat, lon)) <= *metres,
            Self::Box { south, west, north, east } => {
                let across = west > east;
                let column = if across { lon >= *west || lon <= *east } else { (*west..=*east).contains(&lon) };
                (*south..=*north).contains(&lat) && column
            }
            Self::Polygon(corners) => in_polygon(corners, (lat, lon)),
        }
    }
}

impl std::fmt::Display for Area {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Circle { lat, lon, metres } => write!(f, "circle({lat}, {lon}, {}km)", metres / 1_000.0),
            Self::Box { south, west, north, east } => write!(f, "box({south}, {west}, {north}, {east})"),
            Self::Polygon(corners) => {
                let corners: Vec<String> = corners.iter().map(|(lat, lon)| format!("{lat}, {lon}")).collect();
                write!(f, "polygon({})", corners.join(", "))
            }
        }
    }
}

/// The way between two points along the surface of a sphere, in metres, by the haversine formula (Sinnott, Virtues of
/// the Haversine, 1984).
#[must_use]
pub fn distance(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (lat, lon) = ((other.0 - one.0).to_radians(), (other.1 - one.1).to_radians());
    let part =
        (lat / 2.0).sin().powi(2) + one.0.to_radians().cos() * other.0.to_radians().cos() * (lon / 2.0).sin().powi(2);
    2.0 * EARTH_METRES * part.sqrt().min(1.0).asin()
}

/// Counts the edges that a line to the east crosses; a point on an edge is inside.
fn in_polygon(corners: &[(f64, f64)], (lat, lon): (f64, f64)) -> bool {
    let mut inside = false;
    let Some(mut from) = corners.last().copied() else { return false };
    for &to in corners {
        let (low, high) = if from.0 <= to.0 { (from, to) } else { (to, from) };
        let turn = (high.1 - low.1) * (lat - low.0) - (lon - low.1) * (high.0 - low.0);
        let in_reach = (low.0..=high.0).contains(&lat) && (low.1.min(high.1)..=low.1.max(high.1)).contains(&lon);
        if turn == 0.0 && in_reach {
            return true;
        }
        if low.0 <= lat && lat < high.0 && turn > 0.0 {
            inside = !inside;
        }
        from = to;
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::{Area, distance};

    #[test]
    fn distances_agree_with_known_ones() {
        // Berlin to Paris, London to New York: great circles on the mean sphere, kilometres.
        let kilometres = |one, other| (distance(one, other) / 1000.0).round();
        assert_eq!(kilometres((52.52, 13.405), (48.8566, 2.3522)), 877.0);
        assert_eq!(kilometres((51.5074, -0.1278), (40.7128, -74.006)), 5570.0);
        assert_eq!(kilometres((0.0, 179.9), (0.0, -179.9)), 22.0);
    }

    #[test]
    fn a_box_may_lie_across_the_180th_meridian() {
        let fiji = Area::Box { south: -20.0, west: 176.0, north: -15.0, east: -178.0 };
        assert!(fiji.holds(-17.0, 179.0) && fiji.holds(-17.0, -179.0) && fiji.holds(-15.0, 176.0));
        assert!(!fiji.holds(-17.0, 0.0) && !fiji.holds(-14.0, 179.0));
    }

    #[test]
    fn a_polygon_holds_its_edge_and_what_is_inside_also_where_it_is_hollow() {
        let arrow = Area::Polygon(vec![(0.0, 0.0), (10.0, 5.0), (0.0, 10.0), (3.0, 5.0)]);
        assert!(arrow.holds(5.0, 5.0) && arrow.holds(0.0, 0.0) && arrow.holds(5.0, 2.5) && arrow.holds(3.0, 5.0));
        assert!(!arrow.holds(1.0, 5.0) && !arrow.holds(11.0, 5.0) && !arrow.holds(0.0, 5.0));
    }
}
