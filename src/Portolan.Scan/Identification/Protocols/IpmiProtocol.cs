namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// IPMI over LAN: Get Channel Authentication Capabilities, which a client may ask before any session (IPMI 2.0 section 22.13).
/// </summary>
internal sealed class IpmiProtocol() : ServiceProtocol("asf-rmcp", 623)
{
    // RMCP; a session header without session; to the controller, application request; the channel in use, version 2.0 data, administrator
    // level.
    private static readonly ServiceProbe Capabilities = new("IPMI Get Channel Authentication Capabilities",
        [6, 0, 0xFF, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x20, 0x18, 0xC8, 0x81, 0, 0x38, 0x8E, 4, 0xB5]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Capabilities;

    /// <inheritdoc/>
    public override int Rarity => 9;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // To us, application response, from the controller, the same command, completion code 0.
        var bytes = reply.Bytes;
        if (!bytes.StartsWith((ReadOnlySpan<byte>)[6, 0, 0xFF, 7, 0]) || bytes.Length < 14 || bytes.Length < 14 + bytes[13]
            || bytes.Slice(14, bytes[13]) is not [0x81, 0x1C, _, 0x20, _, 0x38, var code, .. var data])
        {
            return ReplyReading.Foreign;
        }

        if (code != 0 || data.Length < 8)
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Info = "IPMI" });
        }

        var isSecond = (data[1] & 0x80) != 0 && (data[3] & 2) != 0;
        var ways = new List<string>();
        foreach (var (bit, word) in (ReadOnlySpan<(int, string)>)[(1, "none"), (2, "MD2"), (4, "MD5"), (16, "password"), (32, "OEM")])
        {
            if ((data[1] & bit) != 0)
            {
                ways.Add(word);
            }
        }

        var maker = data[4] | (data[5] << 8) | (data[6] << 16);
        var info = $"IPMI {(isSecond ? "2.0" : "1.5")}; authentication {(ways.Count == 0 ? "RMCP+ only" : string.Join(", ", ways))}";
        info += (data[2] & 1) != 0 ? "; anonymous login" : "";
        return ReplyReading.Certain(
            new IdentifiedService(Name) { Info = maker == 0 ? info : FormattableString.Invariant($"{info}; enterprise {maker}") });
    }
}
