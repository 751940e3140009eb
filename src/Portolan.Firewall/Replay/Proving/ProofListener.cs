namespace Portolan.Firewall.Replay.Proving;

/// <summary>A socket that is there for the packet to reach: TCP that listens, or UDP that is bound.</summary>
/// <param name="IsTcp">TCP, else UDP.</param>
/// <param name="Address">The address it is bound to, which may be unspecified.</param>
/// <param name="Port">Its port.</param>
/// <param name="InterfaceName">The interface it is bound to (SO_BINDTODEVICE), or empty. Hostile text.</param>
public sealed record ProofListener(bool IsTcp, InternetAddress Address, ushort Port, string InterfaceName = "");
