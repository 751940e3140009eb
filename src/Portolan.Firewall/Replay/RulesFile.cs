using System.Text;

namespace Portolan.Firewall.Replay;

/// <summary>A file of rules that a person names: a script of nft, or what iptables-save wrote.</summary>
/// <remarks>What is no ordinary file, such as a pipe or the standard input, is read here; a file is left to the program that loads it, so that its errors name it.</remarks>
public sealed class RulesFile
{
    /// <summary>Rulesets of 10 MB are known; what is longer than this is no ruleset.</summary>
    private const int Largest = 128 * 1024 * 1024;

    /// <summary>Enough to see what a file is; comments come first.</summary>
    private const int Beginning = 64 * 1024;

    private static readonly string[] SavedTables = ["*filter", "*nat", "*mangle", "*raw", "*security", "*broute"];

    private RulesFile(string name, string? path, byte[] content, RulesFileKind kind) => (Name, Path, Content, Kind) = (name, path, content, kind);

    /// <summary>What the person called it. Hostile text.</summary>
    public string Name { get; }

    /// <summary>Its absolute path; <c>null</c> for what was read here.</summary>
    public string? Path { get; }

    /// <summary>What was read here; empty for a file, but of saved tables.</summary>
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
            if (name is "-" or "/dev/stdin")
            {
                using var input = openInput();
                return Of(name, null, ReadAll(input, name));
            }

            var path = System.IO.Path.GetFullPath(name, folder);
            using var file = NamedFile.OpenRead(path);

            // Only what has a length can be opened again by the program that loads it.
            if (!file.CanSeek || file.Length == 0)
            {
                return Of(name, null, ReadAll(file, name));
            }

            if (file.Length > Largest)
            {
                throw TooLong(name);
            }

            var beginning = new byte[Math.Min(Beginning, file.Length)];
            var kind = Recognize(beginning.AsSpan(0, file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)));
            if (kind == RulesFileKind.Nft)
            {
                return new RulesFile(name, path, [], kind);
            }

            file.Position = 0;
            return Of(name, null, ReadAll(file, name));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PortolanException($"there is no file {name}", exitCode: ExitCode.Usage, inner: exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Directory.Exists(System.IO.Path.GetFullPath(name, folder))
                ? new PortolanException($"{name} is a directory, not a file of rules", exitCode: ExitCode.Usage, inner: exception)
                : new PortolanException($"cannot read {name}: {NamedFile.WhyNot(exception, System.IO.Path.GetFullPath(name, folder))}", "run it as who may, such as with sudo; or hand it in: sudo cat FILE | portolan … --rules -", ExitCode.NoPrivilege, exception);
        }
        catch (IOException exception)
        {
            throw new PortolanException($"cannot read {name}: {exception.Message}", inner: exception);
        }
    }

    private static RulesFile Of(string name, string? path, byte[] content) =>
        new(name, path, content, Recognize(content.AsSpan(0, Math.Min(content.Length, Beginning))));

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

            if (line.Contains("ipv6-icmp", StringComparison.Ordinal) || line.Contains("icmp6", StringComparison.Ordinal) || line.Contains("icmpv6", StringComparison.Ordinal) || line.Contains("::", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[] ReadAll(Stream stream, string name)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            kept.Write(buffer, 0, count);
            if (kept.Length > Largest)
            {
                throw TooLong(name);
            }
        }

        return kept.ToArray();
    }

    private static PortolanException TooLong(string name) => new($"{name} is longer than {Largest / 1024 / 1024} MiB");
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
