namespace Portolan.Scan.Identification.Protocols;

/// <summary>SSH: the server's identification string, <c>SSH-protoversion-softwareversion SP comments</c> (RFC 4253 section 4.2).</summary>
internal sealed class SshProtocol() : ServiceProtocol("ssh", 22, 2222)
{
    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var rest = reply.Bytes;
        while (ReplyText.TryLine(ref rest, out var line))
        {
            if (line.StartsWith("SSH-"u8))
            {
                return ReplyText.HasLine(reply.Bytes[^(rest.Length + 1)..]) ? ReadIdentification(line)
                    : !reply.IsEnded ? ReplyReading.Incomplete
                    : line.StartsWith("SSH-2.0-"u8) || line.StartsWith("SSH-1."u8)
                    ? ReplyReading.Certain(new IdentifiedService(Name))
                    : ReplyReading.Foreign;
            }

            // Lines before it are for people, and none of them begins so.
            if (reply.Asked is not null || line.Length > 1024 || (rest.IsEmpty && "SSH-"u8.StartsWith(line)))
            {
                return rest.IsEmpty && line.Length > 0 && "SSH-"u8.StartsWith(line)
                    ? ReplyReading.UnlessEnded(reply)
                    : ReplyReading.Foreign;
            }
        }

        return ReplyReading.Foreign;
    }

    private ReplyReading ReadIdentification(ReadOnlySpan<byte> line)
    {
        var words = line["SSH-"u8.Length..];
        var dash = words.IndexOf((byte)'-');
        if (dash <= 0 || words[0] is < (byte)'1' or > (byte)'2')
        {
            return ReplyReading.Foreign;
        }

        var software = words[(dash + 1)..];
        var space = software.IndexOf((byte)' ');
        var comment = space < 0 ? null : ReplyText.Of(software[space..]);
        var program = space < 0 ? software : software[..space];
        var protocol = $"protocol {ReplyText.Of(words[..dash])}";
        var service = new IdentifiedService(Name)
        {
            Info = comment is null ? protocol : $"{comment}; {protocol}",
            OperatingSystem = SystemOf(comment),
        };
        foreach (var (prefix, product, cpe) in Products)
        {
            if (program.StartsWith(prefix))
            {
                var version = ReplyText.Of(program[prefix.Length..].TrimStart((byte)'_').TrimStart((byte)'-'));
                return ReplyReading.Certain(service with
                {
                    Product = product,
                    Version = version,
                    Cpes = cpe is null ? [] : Cpe.Of(cpe, version is null ? null : version.Split(' ')[0]),
                });
            }
        }

        var underscore = program.IndexOf((byte)'_');
        return ReplyReading.Certain(underscore <= 0
            ? service with { Product = ReplyText.Of(program) }
            : service with { Product = ReplyText.Of(program[..underscore]), Version = ReplyText.Of(program[(underscore + 1)..]) });
    }

    // What follows the program's name is its version, behind an underscore or a hyphen.
    private static (byte[] Prefix, string Product, string? Cpe)[] Products { get; } =
    [
        ([.. "OpenSSH"u8], "OpenSSH", "openbsd:openssh"),
        ([.. "dropbear"u8], "Dropbear sshd", "dropbear_ssh_project:dropbear_ssh"),
        ([.. "libssh"u8], "libssh", "libssh:libssh"),
        ([.. "lsh"u8], "lshd", null),
        ([.. "Cisco"u8], "Cisco SSH", null),
        ([.. "ROSSSH"u8], "MikroTik RouterOS sshd", "mikrotik:routeros"),
        ([.. "WeOnlyDo"u8], "WeOnlyDo sshd", null),
        ([.. "mod_sftp"u8], "ProFTPD mod_sftp", "proftpd:proftpd"),
        ([.. "Go"u8], "Go x/crypto/ssh", null),
        ([.. "AWS_SFTP"u8], "AWS Transfer SFTP", null),
        ([.. "paramiko"u8], "Paramiko", "paramiko:paramiko"),
        ([.. "Twisted"u8], "Twisted Conch", "twistedmatrix:twisted"),
    ];

    private static string? SystemOf(string? comment) => comment switch
    {
        null => null,
        _ when comment.StartsWith("Debian", StringComparison.Ordinal) => "Debian",
        _ when comment.StartsWith("Ubuntu", StringComparison.Ordinal) => "Ubuntu",
        _ when comment.StartsWith("Raspbian", StringComparison.Ordinal) => "Raspbian",
        _ when comment.StartsWith("FreeBSD", StringComparison.Ordinal) => "FreeBSD",
        _ when comment.StartsWith("NetBSD", StringComparison.Ordinal) => "NetBSD",
        _ => null,
    };
}
