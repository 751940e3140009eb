using System.IO.Enumeration;
using Portolan.Model;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Cli.Scanning.Options;

/// <summary>
/// The value of <c>--script</c>: names of facts, which are those of nmap's scripts where both report the same, or <c>default</c> for all.
/// </summary>
internal static class ScriptNames
{
    private const string Default = "default";

    // Nearer than this a word is a slip; many scripts of nmap's have names that differ by more.
    private const int MostEdits = 2;

    private static readonly HashSet<string> Categories = new(StringComparer.Ordinal)
    {
        "all", "auth", "broadcast", "brute", "discovery", "dos", "exploit", "external", "fuzzer", "intrusive", "malware", "safe", "version",
        "vuln",
    };

    /// <summary>The facts that are named, in the order in which ports are asked.</summary>
    /// <param name="lists">The values, each a list of names with commas.</param>
    /// <exception cref="PortolanException">A name is none of them; the hint names what is near, or what there is instead.</exception>
    public static IReadOnlyList<ServiceFact> Find(IEnumerable<string> lists)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var list in lists)
        {
            foreach (var name in list.Split(',', StringSplitOptions.TrimEntries))
            {
                ids.UnionWith(Named(name, list));
            }
        }

        return [.. FactCatalog.All.Where(fact => ids.Contains(fact.Id))];
    }

    private static IEnumerable<string> Named(string typed, string list)
    {
        // nmap's users write the name of the file, too.
        var name = (typed.EndsWith(".nse", StringComparison.OrdinalIgnoreCase) ? typed[..^4] : typed).ToLowerInvariant();
        return name == Default ? FactCatalog.All.Select(static fact => fact.Id)
            : FactCatalog.All.FirstOrDefault(fact => fact.Id == name) is { } found ? [found.Id]
            : throw Refuse(typed, name, list);
    }

    private static PortolanException Refuse(string typed, string name, string list)
    {
        var shown = TerminalText.Escape(typed);
        if (name.Length == 0)
        {
            return ScanErrors.Usage($"--script {TerminalText.Escape(list)}: a name is empty", AllOfThem);
        }

        if (name.AsSpan().IndexOfAny(" ()") >= 0)
        {
            return ScanErrors.Usage(
                $"--script {shown}: expressions are not supported", $"name facts, separated by commas: --script http-title,ssl-cert");
        }

        if (name.AsSpan().IndexOfAny("*?[") >= 0)
        {
            var matching = FactCatalog.All.Select(static fact => fact.Id).Where(id => FileSystemName.MatchesSimpleExpression(name, id));
            return ScanErrors.Usage(
                $"--script {shown}: patterns are not supported",
                string.Join(',', matching) is { Length: > 0 } names ? $"name the facts: --script {names}" : AllOfThem);
        }

        if (name[0] == '+')
        {
            return ScanErrors.Usage($"--script {shown}: facts cannot be forced on services of another protocol", $"leave out the +");
        }

        if (Categories.Contains(name))
        {
            return ScanErrors.Usage(
                $"--script {shown}: Portolan has no categories of scripts",
                $"--script default asks for all facts; for scripts use nmap --script {name} on the open ports");
        }

        if (Instead(name) is { } instead)
        {
            return ScanErrors.Usage($"--script: Portolan has no fact '{shown}'", instead);
        }

        var near = NearestWord.Find(name, FactCatalog.All.Select(static fact => fact.Id));
        return near is not null && NearestWord.Distance(name, near) <= MostEdits
            ? ScanErrors.Usage($"--script: Portolan has no fact '{shown}'; did you mean {near}?", AllOfThem)
            : ScanErrors.Usage(
                $"--script: Portolan has no fact '{shown}'",
                $"Portolan runs no scripts; portolan scan --list-facts lists its facts. For other scripts use nmap on the open ports");
    }

    private static Advice AllOfThem => $"portolan scan --list-facts lists all facts";

    // What Portolan has under another name.
    private static Advice? Instead(string name) => name switch
    {
        "banner" => $"--banners shows service greetings",
        "firewalk" => $"--traceroute shows where probes to filtered ports end",
        "fingerprint-strings" => $"-sV shows the answer of an unknown service",
        "http-headers" => $"http-server-header reports the Server header; portolan check shows the reply of one server",
        "nfs-ls" or "nfs-statfs" => $"nfs-showmount lists the exported directories",
        "resolveall" => $"--resolve-all scans every address of a name",
        "smb-os-discovery" => $"smb-ntlm-info reports names, domain and version of Windows",
        "smb-security-mode" => $"smb2-security-mode reports whether messages are signed",
        "snmp-info" => $"snmp-sysdescr reports description, name and uptime; -sV reports the engine",
        "ssl-enum-ciphers" =>
            $"tls-versions reports the TLS versions; for ciphers use nmap --script ssl-enum-ciphers on the open ports",
        "sslv2" or "ssl-poodle" => $"tls-versions reports the TLS versions",
        "tls-nextprotoneg" => $"tls-alpn reports the application protocols",
        "vulners" or "vulscan" => $"-sV -oX names products as CPE, the key of vulnerability databases",
        _ => null,
    };
}
