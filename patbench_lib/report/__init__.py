"""Reports: results kept and asked, tables, figures, and the site."""
