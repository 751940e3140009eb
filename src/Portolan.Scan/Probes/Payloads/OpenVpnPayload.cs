namespace Portolan.Scan.Probes.Payloads;

/// <summary>
/// OpenVPN (its wire protocol, draft "OpenVPN Wire Protocol"): a client's hard reset of version 2. The server's acknowledges our session.
/// Servers with <c>tls-auth</c> or <c>tls-crypt</c> answer no stranger.
/// </summary>
/// <param name="seed">For the session id.</param>
internal sealed class OpenVpnPayload(PayloadSeed seed)
    : UdpPayload("openvpn", [ClientReset << 3, .. seed.Bytes(SessionLength), 0, 0, 0, 0, 0])
{
    private const int ClientReset = 7;
    private const int ServerReset = 8;
    private const int SessionLength = 8;
    private const int AcknowledgmentCount = 1 + SessionLength;

    /// <inheritdoc/>
    public override bool IsReply(ReadOnlySpan<byte> reply)
    {
        if (reply.Length <= AcknowledgmentCount || reply[0] >> 3 != ServerReset)
        {
            return false;
        }

        var session = AcknowledgmentCount + 1 + (4 * reply[AcknowledgmentCount]);
        return reply.Length >= session + SessionLength
            && reply.Slice(session, SessionLength).SequenceEqual(Message.Span.Slice(1, SessionLength));
    }
}
