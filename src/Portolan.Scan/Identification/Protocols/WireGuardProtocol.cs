namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// WireGuard: it drops every packet that is not made with its own public key (WireGuard whitepaper, section 5.3), so nothing is sent, and
/// nothing that it says is known. A silent port may be WireGuard, and as well anything else that keeps silent.
/// </summary>
internal sealed class WireGuardProtocol() : ServiceProtocol("wireguard", 51820)
{
    /// <inheritdoc/>
    public override bool IsSilentToStrangers => true;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply) => ReplyReading.Foreign;
}
