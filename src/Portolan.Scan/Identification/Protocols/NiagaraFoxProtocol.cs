namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Fox of Tridium's Niagara: the hello that opens a session, before any login; the answer names the station's host, product and system.
/// Tridium publishes no specification. From descriptions only.
/// </summary>
internal sealed class NiagaraFoxProtocol() : ServiceProtocol("niagara-fox", 1911)
{
    private static readonly ServiceProbe Hello = new("Niagara Fox hello", "fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\n};;\n"u8);

    /// <inheritdoc/>
    public override IReadOnlyList<ushort> TlsPorts => [4911];

    /// <inheritdoc/>
    public override ServiceProbe Opening => Hello;

    /// <inheritdoc/>
    public override int Rarity => 10;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // "fox a 0 -1 fox hello", then lines of "name=type:value" in braces.
        var bytes = reply.Bytes;
        if (!bytes.StartsWith("fox a 0 "u8))
        {
            return bytes.Length > 0 && "fox a 0 "u8.StartsWith(bytes) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (bytes.IndexOf("};;"u8) < 0 && !reply.IsEnded)
        {
            return ReplyReading.Incomplete;
        }

        string?[] system = [ReplyText.Behind(bytes, "\nos.name=s:"u8, []), ReplyText.Behind(bytes, "\nos.version=s:"u8, [])];
        var version = ReplyText.Behind(bytes, "\napp.version=s:"u8, []);
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = version is null ? null : "Tridium Niagara",
            Version = version,
            Info = ReplyText.Behind(bytes, "\nstation.name=s:"u8, []) is { } station ? $"Fox; station {station}" : "Fox",
            HostName = ReplyText.Behind(bytes, "\nhostName=s:"u8, []),
            OperatingSystem = system[0] is null ? null : string.Join(' ', system.OfType<string>()),
            Confidence = 8,
        });
    }
}
