namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// The terminal of the routing daemons FRRouting and Quagga: a greeting with the version, telnet options and the question for a password,
/// or the refusal where none is set, unasked (FRRouting User Guide, "Virtual Terminal Interfaces"). Nothing is sent.
/// </summary>
internal sealed class VtyProtocol() : ServiceProtocol("telnet", 2601, 2602, 2603, 2604, 2605, 2606, 2607, 2608, 2609, 2610, 2611, 2612,
    2613, 2616, 2617, 2618, 2619, 2620, 2623)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes.TrimStart("\r\n"u8);
        if (bytes.StartsWith("Vty password is not set."u8))
        {
            return ReplyReading.Certain(new IdentifiedService(Name) { Info = "vty: no password is set, logins are refused" });
        }

        if (!bytes.StartsWith("Hello, this is "u8))
        {
            return reply.Asked is null && (ReplyText.MayBegin(bytes, "Vty password is not set."u8)
                || ReplyText.MayBegin(bytes, "Hello, this is "u8)) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        if (!ReplyText.HasLine(bytes))
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // "Hello, this is FRRouting (version 8.4.4)."
        var line = ReplyText.FirstLine(bytes);
        var product = ReplyText.Behind(line, "Hello, this is "u8, " ("u8);
        var version = ReplyText.Behind(line, "(version "u8, ")"u8);
        return product is not ("FRRouting" or "Quagga" or "quagga" or "zebra") ? ReplyReading.Foreign
            : ReplyReading.Certain(new IdentifiedService(Name)
            {
                Product = product == "quagga" ? "Quagga" : product,
                Version = version,
                Info = "vty",
                Cpes = product == "FRRouting" ? Cpe.Of("frrouting:frrouting", version) : product == "zebra" ? []
                : Cpe.Of("quagga:quagga", version),
            });
    }
}
