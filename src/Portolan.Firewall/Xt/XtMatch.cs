namespace Portolan.Firewall.Xt;

/// <summary>What a match of x_tables looks at. A rule ends where one does not match.</summary>
public abstract record XtMatch;
