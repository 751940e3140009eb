namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// OpenVPN: a hard reset, whose answer acknowledges our session (OpenVPN wire protocol). A server with tls-auth or tls-crypt keeps silent
/// to strangers.
/// </summary>
internal sealed class OpenVpnProtocol : ServiceProtocol
{
    private static readonly byte[] Session = [.. "portolan"u8];

    private readonly bool _isStream;
    private readonly ServiceProbe _reset;

    public OpenVpnProtocol(bool isStream)
        : base("openvpn", 1194)
    {
        _isStream = isStream;

        // P_CONTROL_HARD_RESET_CLIENT_V2, key 0; session; no acknowledgments; packet 0.
        byte[] packet = [7 << 3, .. Session, 0, 0, 0, 0, 0];
        _reset = new ServiceProbe("OpenVPN hard reset", isStream ? [0, (byte)packet.Length, .. packet] : packet);
    }

    /// <inheritdoc/>
    public override ServiceProbe Opening => _reset;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, _reset) || bytes.IsEmpty)
        {
            return ReplyReading.Foreign;
        }

        if (_isStream)
        {
            if (bytes.Length < 28)
            {
                return bytes[0] == 0 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
            }

            bytes = bytes[2..];
        }

        // P_CONTROL_HARD_RESET_SERVER_V2 or an acknowledgment; their session; our packet and session acknowledged.
        return bytes.Length >= 22 && bytes[0] >> 3 is 8 or 5 && bytes[9] == 1 && bytes.Slice(14, 8).SequenceEqual(Session)
            ? ReplyReading.Certain(new IdentifiedService(Name) { Product = "OpenVPN", Cpes = Cpe.Of("openvpn:openvpn", null) })
            : ReplyReading.Foreign;
    }
}
