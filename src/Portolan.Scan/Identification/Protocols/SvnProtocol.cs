namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// Subversion's own protocol: a greeting unasked, <c>( success ( minver maxver mechs ( caps ) ) )</c> (Subversion, "ra_svn protocol",
/// section 2).
/// </summary>
internal sealed class SvnProtocol() : ServiceProtocol("svn", 3690)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        var head = "( success ( "u8;
        if (!bytes.StartsWith(head))
        {
            return ReplyText.MayBegin(bytes, head) ? ReplyReading.UnlessEnded(reply) : ReplyReading.Foreign;
        }

        // Versions 1 or 2; since version 2 the mechanisms are listed after the client's answer, and the list may be empty.
        var rest = bytes[head.Length..];
        if (rest.Length > 0 && !char.IsAsciiDigit((char)rest[0]))
        {
            return ReplyReading.Foreign;
        }

        var end = bytes.LastIndexOf(") ) )"u8);
        if (end < 0)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        var capabilities = rest.IndexOf("edit-pipeline"u8) >= 0;
        var newest = rest.Length > 2 && char.IsAsciiDigit((char)rest[2]) ? rest[2] : rest[0];
        return capabilities
            ? ReplyReading.Certain(new IdentifiedService(Name)
            {
                Info = newest == rest[0] ? $"protocol {(char)newest}" : $"protocols {(char)rest[0]} to {(char)newest}",
            })
            : ReplyReading.Foreign;
    }
}
