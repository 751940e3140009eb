namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// ManageSieve: the server's capabilities unasked, <c>"IMPLEMENTATION"</c> among them, then <c>OK</c> (RFC 5804 sections 1.7 and 2.4).
/// </summary>
internal sealed class ManageSieveProtocol() : ServiceProtocol("sieve", 4190)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (reply.Asked is not null || bytes.IsEmpty || bytes[0] != '"')
        {
            return ReplyReading.Foreign;
        }

        var (hasSieve, implementation) = (false, (string?)null);
        var rest = bytes;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.StartsWith("\"IMPLEMENTATION\" \""u8))
            {
                implementation = ReplyText.Behind(line, "\"IMPLEMENTATION\" \""u8, "\""u8);
            }

            hasSieve |= line.StartsWith("\"SIEVE\" \""u8);
            if (line.StartsWith("OK"u8) && hasSieve && implementation is not null)
            {
                return ReplyReading.Certain(Describe(implementation));
            }

            if (line.Length > 0 && line[0] != '"')
            {
                return rest.IsEmpty && "OK"u8.StartsWith(line) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
            }
        }

        return bytes.Length < 4096 ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
    }

    // "Dovecot Pigeonhole", "Dovecot (Ubuntu) Pigeonhole", "Cyrus timsieved v2.4.17-…", "Cyrus timsieved 3.4.3".
    private IdentifiedService Describe(string implementation)
    {
        var service = new IdentifiedService(Name);
        if (implementation.Contains("Pigeonhole", StringComparison.Ordinal))
        {
            return service with { Product = "Dovecot Pigeonhole", Cpes = Cpe.Of("dovecot:pigeonhole", null) };
        }

        const string Cyrus = "Cyrus timsieved ";
        return implementation.StartsWith(Cyrus, StringComparison.Ordinal)
            ? service with { Product = "Cyrus timsieved", Version = implementation[Cyrus.Length..].TrimStart('v') }
            : service with { Product = implementation };
    }
}
