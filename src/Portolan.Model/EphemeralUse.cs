namespace Portolan.Model;

/// <summary>This host's ephemeral range and how much of it is in use, in one network namespace.</summary>
/// <param name="Range">The range; <c>null</c> when the kernel does not say.</param>
/// <param name="TcpInUse">How many of its ports some TCP socket has as its local port, in whatever state; <c>null</c> when not
/// known.</param>
/// <param name="UdpInUse">The same for UDP.</param>
/// <param name="Uncounted">How many sockets there are, where that is too many to read for a remark; <c>null</c> where they were
/// read.</param>
public sealed record EphemeralUse(EphemeralRange? Range, int? TcpInUse, int? UdpInUse, long? Uncounted = null);
