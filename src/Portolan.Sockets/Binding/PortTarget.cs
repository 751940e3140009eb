namespace Portolan.Sockets.Binding;

/// <summary>A port of this host that is asked about or freed.</summary>
/// <param name="Port">The port.</param>
/// <param name="Address">The address of this host that is meant, or <c>null</c> for all.</param>
/// <param name="IsFound">Whether a name or a range led to it: then what holds it is wanted, and not what a bind would meet.</param>
public sealed record PortTarget(NamedPort Port, InternetAddress? Address, bool IsFound);
