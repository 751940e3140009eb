namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// RDP: the X.224 connection request with the security protocols that a client offers, and its confirmation ([MS-RDPBCGR] sections 2.2.1.1
/// and 2.2.1.2).
/// </summary>
internal sealed class RdpProtocol() : ServiceProtocol("ms-wbt-server", 3389)
{
    // TPKT of 19 bytes, connection request, RDP_NEG_REQ: TLS, CredSSP and RDSTLS.
    private static readonly ServiceProbe Request =
        new("RDP connection request", [3, 0, 0, 19, 14, 0xE0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 11, 0, 0, 0]);

    /// <summary>The length of a confirmation that chooses a security protocol.</summary>
    internal const int ConfirmLength = 19;

    /// <summary>The request of a client that wants CredSSP, which begins with TLS.</summary>
    internal static ServiceProbe CredSspRequest { get; } =
        new("RDP connection request for CredSSP", [3, 0, 0, 19, 14, 0xE0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 3, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Request;

    // xrdp answers by a disconnect, and is known by that. Windows closes on what is no TPKT.
    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override HttpReaction ToLine => HttpReaction.Closes;

    /// <inheritdoc/>
    public override bool? ClosesByReset => true;

    /// <inheritdoc/>
    public override int Rarity => 4;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (reply.Asked is null || bytes.Length == 0 || bytes[0] != 3)
        {
            return ReplyReading.Foreign;
        }

        // The answer to words that are no request: the disconnect of T.125.
        if (bytes is [3, 0, 0, 9, 2, 0xF0, 0x80, 0x21, 0x80])
        {
            return ReplyReading.Certain(new IdentifiedService(Name));
        }

        if (!ReferenceEquals(reply.Asked, Request))
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 11)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // Connection confirm; RDP_NEG_RSP or RDP_NEG_FAILURE, or neither from servers before RDP 5.2.
        return bytes switch
        {
            [3, 0, 0, 19, 14, 0xD0, 0, 0, _, _, _, 2, _, 8, 0, var chosen, 0, 0, 0, ..] =>
                ReplyReading.Certain(new IdentifiedService(Name) { Info = ProtocolName(chosen) }),
            [3, 0, 0, 19, 14, 0xD0, 0, 0, _, _, _, 3, _, 8, 0, ..] => ReplyReading.Certain(new IdentifiedService(Name)),
            [3, 0, 0, 19, ..] when bytes.Length < 19 => ReplyReading.UnlessEnded(reply),
            [3, 0, 0, 11, 6, 0xD0, 0, 0, 0x12, 0x34, 0] =>
                ReplyReading.Certain(new IdentifiedService(Name) { Info = "standard RDP security" }),
            _ => ReplyReading.Foreign,
        };
    }

    private static string? ProtocolName(byte chosen) => chosen switch
    {
        0 => "standard RDP security",
        1 => "TLS",
        2 => "CredSSP",
        8 => "CredSSP with early authorization",
        _ => null,
    };
}
