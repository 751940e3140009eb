using System.CommandLine;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Proxies;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options that lead connections through proxies.</summary>
internal sealed class ProxyOptions
{
    private const string Word = "--proxies";

    private readonly Option<string[]> _list = ScanOptionKinds.Value(
        Word, "LIST",
        "connect through a chain of proxies: URLs separated by commas, socks5://, socks4:// or http://, e.g. "
        + "socks5://user:password@192.0.2.1:1080; the last one resolves names");

    private readonly Option<string[]> _file = ScanOptionKinds.Value(
        "--proxies-file", "FILE",
        "the same from a file, one URL per line, # starts a comment: keeps passwords out of the process list");

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_list, _file];

    /// <summary>Reads them; <c>null</c> where none are given.</summary>
    /// <exception cref="PortolanException">A wrong list, both options, or options that no proxy can do.</exception>
    public ProxyRequest? Read(ParseResult parsed, TechniqueRequest technique)
    {
        var (list, file) = (parsed.Last(_list), parsed.Last(_file));
        if (list is null && file is null)
        {
            return null;
        }

        var name = list is null ? "--proxies-file" : Word;
        if (list is not null && file is not null)
        {
            throw ScanErrors.Usage("--proxies and --proxies-file exclude each other", $"give one of them");
        }

        var other = technique switch
        {
            { Udp: true } => "-sU: proxies carry no datagrams",
            { Named: not (null or TcpTechnique.Connect) } => $"{technique.NamedBy}: proxies carry connections, not raw packets",
            { OwnStack: true } => "--own-stack: proxies carry connections, not raw packets",
            { DiscoveryOnly: true } => "-sn: through proxies only open ports reveal hosts",
            { ListOnly: true } => "-sL, which sends nothing",
            _ => null,
        };
        return other is null
            ? new ProxyRequest(name) { List = list is null ? null : ProxyServer.ParseList(list, Word), File = file }
            : throw ScanErrors.Usage($"{name} cannot be combined with {other}", $"leave out one of them; through "
                + $"proxies the scan type is -sT");
    }
}

/// <summary>Which proxies connections pass.</summary>
/// <param name="Option">The option that named them, as people write it.</param>
internal sealed record ProxyRequest(string Option)
{
    /// <summary>The chain, where it stands on the command line.</summary>
    public IReadOnlyList<ProxyServer>? List { get; init; }

    /// <summary>The file that it stands in.</summary>
    public string? File { get; init; }

    /// <summary>The chain. Reads the file.</summary>
    /// <exception cref="PortolanException">The file cannot be read, or holds no chain.</exception>
    public IReadOnlyList<ProxyServer> ReadChain()
    {
        if (List is not null)
        {
            return List;
        }

        try
        {
            using var stream = BoundedStream.Open(File!, InputLimit.Proxies);
            var lines = Encoding.UTF8.GetString(stream.ReadToEnd()).Split('\n').Select(static line => line.Split('#')[0].Trim())
                .Where(static line => line.Length > 0).ToArray();
            return lines.Length > 0
                ? ProxyServer.ParseList(string.Join(',', lines), File!)
                : throw ScanErrors.Usage(
                    $"{File} contains no proxy", $"write one URL per line, e.g. socks5://127.0.0.1:1080");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PortolanException(
                $"cannot read {File}: {NamedFile.WhyNot(exception, File!)}", $"give a file with one proxy per line", ExitCode.Usage,
                exception);
        }
    }

    /// <summary>Refuses what no proxy can do.</summary>
    /// <param name="request">All that was asked for.</param>
    /// <exception cref="PortolanException">Exit code 2.</exception>
    public void Demand(ScanRequest request)
    {
        var (sending, discovery) = (request.Sending, request.Discovery);
        var other = request switch
        {
            { Traceroute: true } when request.Services.Word != "-A" => "--traceroute",
            _ when sending.InterfaceName is not null => "-e",
            _ when sending.Source is not null => "-S",
            _ when sending.SourcePort is not null => "-g",
            _ when sending.TimeToLive is not null => "--ttl",
            _ when sending.PaddingLength > 0 => "--data-length",
            _ when sending.Privileged => "--privileged",
            _ when sending.SendIp => "--send-ip",
            _ => null,
        };
        if (other is not null)
        {
            throw ScanErrors.Usage($"{Option} cannot be combined with {other}: the last proxy builds the packets", $"leave out one of "
                + $"them");
        }

        if (!discovery.Skip && !discovery.IsDefault)
        {
            throw ScanErrors.Usage(
                $"{Option} skips host discovery: all hosts count as up, as with -Pn", $"leave out the options that begin with -P");
        }

        if (request.Targets.ReverseNames == true)
        {
            throw ScanErrors.Usage($"{Option} cannot be combined with -R: reverse lookups would bypass the proxies", $"leave out -R");
        }

        if (request.Run.Journal is not null)
        {
            throw ScanErrors.Usage(
                $"{Option} cannot be combined with --journal: a journal would store passwords, but not the names that the proxies resolve",
                $"leave out --journal");
        }
    }

    /// <summary>The words of a command line without the user names and passwords of URLs, for what is written down.</summary>
    public static IReadOnlyList<string> WithoutCredentials(IReadOnlyList<string> words) => [.. words.Select(static word =>
        word.Contains("://", StringComparison.Ordinal) && word.Contains('@', StringComparison.Ordinal)
            ? string.Join(',', word.Split(',').Select(Masked))
            : word)];

    private static string Masked(string url)
    {
        var (start, at) = (url.IndexOf("://", StringComparison.Ordinal), url.LastIndexOf('@'));
        return start >= 0 && at > start ? $"{url[..(start + 3)]}***{url[at..]}" : url;
    }
}
