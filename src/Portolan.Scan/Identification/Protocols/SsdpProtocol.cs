namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// SSDP: a unicast M-SEARCH for all that the device is (UPnP Device Architecture 2.0 section 1.3.2). The answer names the product.
/// </summary>
internal sealed class SsdpProtocol() : ServiceProtocol("ssdp", 1900)
{
    internal static readonly ServiceProbe Search =
        new("SSDP M-SEARCH", static target => System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant(
            $"M-SEARCH * HTTP/1.1\r\nHOST: {HostOf(target)}:{target.Port.Value}\r\n")
            + "MAN: \"ssdp:discover\"\r\nMX: 1\r\nST: ssdp:all\r\nUSER-AGENT: portolan\r\n\r\n"));

    /// <inheritdoc/>
    public override ServiceProbe Opening => Search;

    /// <inheritdoc/>
    public override int Rarity => 8;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        // USN and ST are what an answer must have and HTTP has not.
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Search) || !bytes.StartsWith("HTTP/1.1 200"u8) || Header(bytes, "USN") is not { } identifier
            || Header(bytes, "ST") is null)
        {
            return ReplyReading.Foreign;
        }

        // "Debian/12 DLNADOC/1.50 UPnP/1.0 MiniDLNA/1.3.0": the system, UPnP, the product.
        var (product, version, system) = UpnpServer.Read(Header(bytes, "SERVER"));
        var location = Header(bytes, "LOCATION");
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = product,
            Version = version,
            Info = location is not null ? $"description {location}" : identifier,
            OperatingSystem = system,
            Cpes = product switch
            {
                "MiniDLNA" => Cpe.Of("readymedia_project:readymedia", version),
                "MiniUPnPd" => Cpe.Of("miniupnp_project:miniupnpd", version),
                _ => [],
            },
        });
    }

    // UPnP wants an address or a name as the URL has it.
    private static string HostOf(ServiceTarget target) => target.Host;

    private static string? Header(ReadOnlySpan<byte> rest, string name)
    {
        Span<byte> word = stackalloc byte[name.Length + 1];
        System.Text.Encoding.ASCII.GetBytes(name, word);
        word[^1] = (byte)':';
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (ReplyText.Begins(line, word))
            {
                return ReplyText.Of(line[word.Length..]);
            }
        }

        return null;
    }
}
