using Portolan.Packets;

namespace Portolan.Lab.Services.Dns;

/// <summary>Makes the zones of a primary server from the names of the lab.</summary>
/// <remarks>
/// These are: the lab's domain; the zones of further names of hosts (<c>example.com</c> for <c>www.example.com</c>); a zone for
/// each name of one label, for clients without a search list; and for reverse lookups those of the addresses' /16, or of their /32 with
/// IPv6.
/// </remarks>
internal sealed class ZoneBuilder(ServiceHost host, uint timeToLive)
{
    private const uint Serial = 1;

    // As many as the root zone has: their names still fit a datagram.
    private const int MostServers = 13;

    private readonly ILabDirectory _directory = host.Directory;

    /// <summary>The names of the zones that a server has when it is not told which.</summary>
    internal IEnumerable<string> UsualOrigins()
    {
        var origins = new SortedSet<string>(StringComparer.OrdinalIgnoreCase) { _directory.Domain };
        foreach (var (name, address) in _directory.All)
        {
            if (!Zone.Contains(_directory.Domain, name))
            {
                origins.Add(OriginOf(name));
            }

            origins.Add(ReverseOriginOf(address));
        }

        return origins;
    }

    /// <summary>Makes a zone.</summary>
    internal Zone Build(string origin)
    {
        var isOfOneName = !origin.Contains('.', StringComparison.Ordinal);
        var servers = Servers().Take(isOfOneName ? 1 : MostServers).ToList();
        var zone = new Zone(origin, ZoneRecord.StartOf(origin, timeToLive, servers[0], Serial));
        foreach (var server in servers)
        {
            Add(zone, ZoneRecord.Of(origin, DnsType.Ns, timeToLive, server));
        }

        if (isOfOneName)
        {
            // A zone for one name: there may be as many as hosts, so none looks at all of them.
            foreach (var address in _directory.Find(origin))
            {
                zone.Add(ZoneRecord.Of(origin, timeToLive, address));
            }

            return zone;
        }

        AddHosts(zone);
        foreach (var mail in _directory.HostsWith("smtp"))
        {
            AddMail(zone, mail);
        }

        return zone;
    }

    /// <summary>A name as others see it: that of a host is below the lab's domain.</summary>
    internal string FullName(string name) => name.Contains('.', StringComparison.Ordinal) ? name : $"{name}.{_directory.Domain}";

    private static string OriginOf(string name)
    {
        var parent = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        return parent.Contains('.', StringComparison.Ordinal) ? parent : name;
    }

    private static string ReverseOriginOf(InternetAddress address)
    {
        var labels = DnsNameText.ReverseOf(address).Split('.');
        return string.Join('.', labels[(address.IsIPv4 ? 2 : 24)..]);
    }

    private IEnumerable<string> Servers() =>
        (string[])[
            FullName(host.Name), .. _directory.HostsWith("dns").Where(n => n != host.Name).Select(FullName).Order(StringComparer.Ordinal)];

    private void AddHosts(Zone zone)
    {
        var isReverse = zone.Origin.EndsWith(".arpa", StringComparison.OrdinalIgnoreCase);
        foreach (var (name, address) in _directory.All)
        {
            if (isReverse)
            {
                if (Zone.Contains(zone.Origin, DnsNameText.ReverseOf(address)) && _directory.NameOf(address) is { } own)
                {
                    Add(zone, ZoneRecord.Of(DnsNameText.ReverseOf(address), DnsType.Ptr, timeToLive, FullName(own)));
                }
            }
            else if (Zone.Contains(zone.Origin, FullName(name)))
            {
                zone.Add(ZoneRecord.Of(FullName(name), timeToLive, address));
            }
        }
    }

    // The mail of a zone goes to a host that has a name in it.
    private void AddMail(Zone zone, string mail)
    {
        var addresses = _directory.Find(mail);
        var names = _directory.All.Where(e => addresses.Contains(e.Address)).Select(e => e.Name).Prepend(FullName(mail));
        if (names.FirstOrDefault(n => Zone.Contains(zone.Origin, n)) is { } exchange)
        {
            Add(zone, ZoneRecord.Of(zone.Origin, DnsType.Mx, timeToLive, exchange, 0, 10));
        }
    }

    private static void Add(Zone zone, ZoneRecord? record)
    {
        if (record is not null)
        {
            zone.Add(record);
        }
    }
}
