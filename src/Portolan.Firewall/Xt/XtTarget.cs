namespace Portolan.Firewall.Xt;

/// <summary>What a target of x_tables does.</summary>
public abstract record XtTarget;
