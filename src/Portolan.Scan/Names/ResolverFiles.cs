namespace Portolan.Scan.Names;

/// <summary>What the files of this host say about names. A file that is not there, or may not be read, is as if empty.</summary>
/// <param name="Hosts">The hosts file.</param>
/// <param name="Settings">DNS.</param>
/// <param name="Sources">Where the system looks.</param>
public sealed record ResolverFiles(HostsFile Hosts, ResolverSettings Settings, NameSources Sources)
{
    // No real file of this kind comes near.
    private const int MaxLength = 64 << 20;

    /// <summary>Reads <c>hosts</c>, <c>resolv.conf</c> and <c>nsswitch.conf</c>.</summary>
    /// <param name="folder">Their folder; another one for tests.</param>
    /// <param name="findInterface">The number of the interface with a name, for link-local servers.</param>
    public static ResolverFiles Read(string folder = "/etc", Func<string, uint?>? findInterface = null) => new(
        new HostsFile(TextOf(folder, "hosts"), Path.Combine(folder, "hosts")),
        ResolverSettings.Parse(TextOf(folder, "resolv.conf"), findInterface),
        NameSources.Parse(TextOf(folder, "nsswitch.conf")));

    /// <summary>These files with other servers (<c>--dns-servers</c>): then only the hosts file and these servers are asked.</summary>
    public ResolverFiles WithServers(IReadOnlyList<DnsServer> servers)
        => this with { Settings = Settings with { Servers = servers }, Sources = NameSources.Default };

    /// <summary>A resolver that does as these files say.</summary>
    /// <param name="transport">How servers are reached; usually a <see cref="SocketDnsTransport"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="nextId">Numbers that cannot be guessed.</param>
    /// <param name="system">The system's resolver, for what only it can ask; <c>null</c> to never ask it.</param>
    public NameResolver MakeResolver(IDnsTransport transport, TimeProvider time, Func<ushort> nextId, ISystemNames? system)
        => new(Hosts, new DnsClient(Settings, transport, time, nextId), Sources, system, time);

    private static string TextOf(string folder, string name)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, name));
            return file.Exists && file.Length <= MaxLength ? File.ReadAllText(file.FullName) : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
