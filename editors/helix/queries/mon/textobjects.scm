[(monitor) (playbook) (test)] @class.around
[(query) (terms) (measure)] @function.around
[(comment) (doc_comment)] @comment.around
