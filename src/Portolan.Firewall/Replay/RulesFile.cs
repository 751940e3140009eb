using System.Text;

namespace Portolan.Firewall.Replay;

/// <summary>A file of rules that a person names: a script of nft, or what iptables-save wrote.</summary>
/// <remarks>The program that loads it reads its standard input and no file, so that its errors show lines of nothing else.</remarks>
public sealed class RulesFile
{
    /// <summary>Enough to see what a file is; comments come first.</summary>
    private const int Beginning = 64 * 1024;

    private static readonly string[] SavedTables = ["*filter", "*nat", "*mangle", "*raw", "*security", "*broute"];

    private RulesFile(string name, string? path, byte[] content, RulesFileKind kind) =>
        (Name, Path, Content, Kind) = (name, path, content, kind);

    /// <summary>What the person called it. Hostile text.</summary>
    public string Name { get; }

    /// <summary>Its absolute path; <c>null</c> for the standard input.</summary>
    public string? Path { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>What it is.</summary>
    public RulesFileKind Kind { get; }

    /// <summary>Looks at a file.</summary>
    /// <param name="name">As the person typed it; <c>-</c> is the standard input.</param>
    /// <param name="folder">Where a relative name starts.</param>
    /// <param name="openInput">Opens the standard input.</param>
    /// <exception cref="PortolanException">It is not there, cannot be read, or is too long.</exception>
    public static RulesFile Open(string name, string folder, Func<Stream> openInput)
    {
        try
        {
            var path = name is "-" or "/dev/stdin" ? null : System.IO.Path.GetFullPath(name, folder);
            using var stream = path is null
                ? new BoundedStream(openInput(), InputLimit.Rules, name)
                : BoundedStream.Open(path, InputLimit.Rules, name);
            var content = stream.ReadToEnd();
            return new RulesFile(name, path, content, Recognize(content.AsSpan(0, Math.Min(content.Length, Beginning))));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PortolanException($"file {name} does not exist", exitCode: ExitCode.Usage, inner: exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Directory.Exists(System.IO.Path.GetFullPath(name, folder))
                ? new PortolanException($"{name} is a directory, not a rules file", exitCode: ExitCode.Usage, inner: exception)
                : new PortolanException(
                    $"cannot read {name}: {NamedFile.WhyNot(exception, System.IO.Path.GetFullPath(name, folder))}",
                    $"run it as a user who may read it, e.g. with sudo; or pipe it in: sudo cat FILE | portolan … --rules -",
                    ExitCode.NoPrivilege,
                    exception);
        }
        catch (IOException exception)
        {
            throw new PortolanException($"cannot read {name}: {exception.Message}", inner: exception);
        }
    }

    /// <summary>Saved tables begin, behind comments, with a table's name after an asterisk, which no script of nft does.</summary>
    private static RulesFileKind Recognize(ReadOnlySpan<byte> beginning)
    {
        var text = Encoding.UTF8.GetString(beginning);
        var first = text.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(static line => line.Length > 0 && line[0] != '#');
        if (first is null || !SavedTables.Contains(first, StringComparer.Ordinal))
        {
            return RulesFileKind.Nft;
        }

        return IsIPv6(text) ? RulesFileKind.Ip6tablesSave : RulesFileKind.IptablesSave;
    }

    /// <summary>Both families look the same; ip6tables-save says its name, and only its rules have IPv6 addresses and protocols.</summary>
    private static bool IsIPv6(string text)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (line.StartsWith("#", StringComparison.Ordinal))
            {
                if (line.Contains("ip6tables", StringComparison.Ordinal))
                {
                    return true;
                }

                continue;
            }

            if (line.Contains("ipv6-icmp", StringComparison.Ordinal) || line.Contains("icmp6", StringComparison.Ordinal)
                || line.Contains("icmpv6", StringComparison.Ordinal) || line.Contains("::", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What a file of rules is.</summary>
public enum RulesFileKind
{
    /// <summary>A script of nft(8).</summary>
    Nft,

    /// <summary>Tables that iptables-save(8) wrote.</summary>
    IptablesSave,

    /// <summary>Tables that ip6tables-save(8) wrote.</summary>
    Ip6tablesSave,
}
