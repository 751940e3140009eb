using System.Diagnostics;
using System.Globalization;
using Portolan.Firewall.Host;
using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Linux.Scratch;

namespace Portolan.Firewall.Replay.Rebuilding;

/// <summary>
/// Rebuilds a host's network in a scratch namespace: interfaces of the same names and numbers, addresses, routes, policy rules, settings.
/// </summary>
/// <remarks>
/// Each interface is one end of a virtual cable whose other end has the same number in the far namespace. When all is built it is read back
/// and compared: what differs is told, never passed over. One use.
/// </remarks>
public sealed class HostBuilder
{
    private const int LoopbackIndex = 1;

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly ScratchNamespace _scratch;
    private readonly HostFacts _wanted;
    private readonly CancellationToken _cancellationToken;
    private readonly List<string> _differences = [];
    private readonly ScratchChannel _channel;
    private readonly RouteRequest _near;

    private HostBuilder(ScratchNamespace scratch, HostFacts wanted, CancellationToken cancellationToken)
    {
        (_scratch, _wanted, _cancellationToken) = (scratch, wanted, cancellationToken);
        _channel = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Route);
        _near = new RouteRequest(_channel, cancellationToken);
    }

    /// <summary>Builds only the interfaces, so that rules which name them can be loaded.</summary>
    /// <returns>What could not be built.</returns>
    /// <exception cref="ScratchException">The program inside failed.</exception>
    public static IReadOnlyList<string> BuildInterfaces(ScratchNamespace scratch, HostFacts wanted, CancellationToken cancellationToken)
    {
        var builder = new HostBuilder(scratch, wanted, cancellationToken);
        using (builder._channel)
        {
            builder.AddLinks();
            builder.SetUp(builder._near, LoopbackIndex, isLoopback: true);
            return builder._differences;
        }
    }

    /// <summary>Builds everything.</summary>
    /// <returns>Where the result differs from what was wanted; empty when it is the same.</returns>
    /// <exception cref="ScratchException">The program inside failed.</exception>
    public static IReadOnlyList<string> Build(ScratchNamespace scratch, HostFacts wanted, CancellationToken cancellationToken)
    {
        var builder = new HostBuilder(scratch, wanted, cancellationToken);
        using (builder._channel)
        {
            builder.BuildAll();
            return builder._differences;
        }
    }

    private void BuildAll()
    {
        _differences.AddRange(_wanted.Missing.Select(static missing => $"{missing.What} of the host: {missing.Why}"));
        foreach (var link in _wanted.Interfaces.Where(static link => link.VrfTable is not null))
        {
            _differences.Add($"the VRF {link.Name} is not rebuilt");
        }

        WriteGeneralSettings();
        AddLinks();
        WriteSettings();
        SetLinksUp();
        var silent = CarrierWait.For(
            _channel, _wanted.Interfaces.Where(static link => link is { IsUp: true, IsLoopback: false }).Select(static link => link.Index),
            _cancellationToken);
        _differences.AddRange(
            silent.Select(static index => string.Create(CultureInfo.InvariantCulture, $"interface {index} has no carrier")));
        foreach (var address in _wanted.Addresses)
        {
            Note(AddressBuilder.Add(_near, address), HostKeys.Of(address), Errno.Exists);
        }

        var now = RemoveAddresses(ReadSettled());
        ReplaceRules(now);
        ReplaceRoutes(now);
        Compare(Read());
    }

    // Loopback that comes up has 127.0.0.1 and ::1 by itself, which a host of one family alone may lack.
    private HostFacts RemoveAddresses(HostFacts now)
    {
        var extra = Difference(now.Addresses, _wanted.Addresses, HostKeys.Of);
        foreach (var address in extra)
        {
            Note(AddressBuilder.Delete(_near, address), "remove " + HostKeys.Of(address));
        }

        return extra.Count == 0 ? now : Read();
    }

    private void AddLinks()
    {
        var far = _scratch.MakeFar();
        var present = new Dictionary<int, string>();
        LinkRequests.ReadNames(_channel, (index, name) => present[index] = name, _cancellationToken);
        foreach (var link in _wanted.Interfaces)
        {
            // A new namespace has loopback, and those fallback tunnels whose modules are loaded (fb_tunnels_only_for_init_net).
            if (present.TryGetValue(link.Index, out var name) && string.Equals(name, link.Name, StringComparison.Ordinal))
            {
                continue;
            }

            Note(LinkBuilder.Add(_near, link, far), $"interface {link.Index} {link.Name}");
        }
    }

    private void SetLinksUp()
    {
        using var channel = _scratch.OpenNetlink(ScratchPlace.Far, NetlinkFamily.Route);
        var far = new RouteRequest(channel, _cancellationToken);
        foreach (var link in _wanted.Interfaces)
        {
            if (link.IsLoopback && link.Group != 0)
            {
                Note(LinkBuilder.SetGroup(_near, link.Index, link.Group), $"group of interface {link.Name}");
            }

            if (!link.IsLoopback)
            {
                // Without a carrier an interface could send nothing.
                SetUp(far, link.Index, isLoopback: false);
            }

            if (link.IsUp)
            {
                SetUp(_near, link.Index, link.IsLoopback);
            }
        }
    }

    private void SetUp(RouteRequest request, int index, bool isLoopback) =>
        Note(LinkBuilder.SetUp(request, index, isLoopback), string.Create(CultureInfo.InvariantCulture, $"interface {index} up"));

    /// <summary>Those of "all" work together with each interface's; here only the interface's have a say.</summary>
    private void WriteGeneralSettings()
    {
        foreach (var name in (ReadOnlySpan<string>)[
            "rp_filter", "accept_local", "route_localnet", "src_valid_mark", "ignore_routes_with_linkdown"])
        {
            Write($"ipv4/conf/all/{name}", false);
            Write($"ipv4/conf/default/{name}", false);
        }

        // No addresses but those that are given. A kernel without IPv6 has none of these.
        _scratch.WriteSetting(ScratchPlace.Near, "ipv6/conf/default/addr_gen_mode", "1");
        _scratch.WriteSetting(ScratchPlace.Near, "ipv6/conf/default/accept_ra", "0");
        _scratch.WriteSetting(ScratchPlace.Near, "ipv6/conf/default/router_solicitations", "0");
    }

    private void WriteSettings()
    {
        // The general switch sets that of each interface, so it comes first.
        Write("ipv4/ip_forward", _wanted.ForwardsIPv4);
        if (_scratch.ReadSetting(ScratchPlace.Near, "ipv6/conf/all/forwarding") is not null)
        {
            Write("ipv6/conf/all/forwarding", _wanted.ForwardsIPv6);
        }

        foreach (var (name, isSet) in (ReadOnlySpan<(string, bool)>)[
            ("ipv4/tcp_fwmark_accept", _wanted.AcceptsTcpMarks), ("ipv4/fwmark_reflect", _wanted.ReflectsIPv4Marks),
            ("ipv6/fwmark_reflect", _wanted.ReflectsIPv6Marks)])
        {
            if (isSet)
            {
                Write(name, true);
            }
        }

        foreach (var link in _wanted.Interfaces)
        {
            var ipv4 = $"ipv4/conf/{link.Name}/";
            var ipv6 = $"ipv6/conf/{link.Name}/";
            Write(ipv4 + "rp_filter", link.ReversePathFilter);
            Write(ipv4 + "accept_local", link.AcceptsLocalSources);
            Write(ipv4 + "send_redirects", link.SendsRedirects);
            Write(ipv4 + "route_localnet", link.RoutesLoopback);
            Write(ipv4 + "src_valid_mark", link.ChecksSourcesByMark);
            Write(ipv4 + "forwarding", link.ForwardsIPv4);
            if (_scratch.ReadSetting(ScratchPlace.Near, ipv6 + "disable_ipv6") is not null)
            {
                if (link.ForwardsIPv6 && !_wanted.ForwardsIPv6)
                {
                    Write(ipv6 + "force_forwarding", true);
                }

                Write(ipv6 + "disable_ipv6", link.HasNoIPv6);
            }
        }
    }

    private void Write(string name, bool value) => Write(name, value ? 1 : 0);

    private void Write(string name, int value) =>
        Note(_scratch.WriteSetting(ScratchPlace.Near, name, value.ToString(CultureInfo.InvariantCulture)), $"setting {name}");

    private void ReplaceRules(HostFacts now)
    {
        foreach (var rule in Difference(now.PolicyRules, _wanted.PolicyRules, HostKeys.Of))
        {
            Note(PolicyRuleBuilder.Delete(_near, rule), "remove " + HostKeys.Of(rule));
        }

        foreach (var rule in Difference(_wanted.PolicyRules, now.PolicyRules, HostKeys.Of))
        {
            // What is not there afterwards the comparison names, once.
            if (rule.IsRebuildable)
            {
                PolicyRuleBuilder.Add(_near, rule);
            }
        }
    }

    private void ReplaceRoutes(HostFacts now)
    {
        var living = _wanted.Routes.Where(static route => !route.IsDead).ToList();
        foreach (var route in Difference(now.Routes, living, HostKeys.Of))
        {
            RouteBuilder.Delete(_near, route); // what stays is seen in the comparison
        }

        // Networks on a link before the gateways in them.
        foreach (var route in Difference(living, now.Routes, HostKeys.Of).OrderBy(
            static route => route.Gateway is null && route.Hops.Count == 0 ? 0 : 1))
        {
            RouteBuilder.Add(_near, route);
        }
    }

    /// <summary>
    /// The kernel adds the routes of IPv6 addresses to its table of local ones by and by (addrconf_dad_work); what is added in their stead
    /// gets another metric.
    /// </summary>
    private HostFacts ReadSettled()
    {
        const uint LocalTable = 255;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var now = Read();
            var missing = Difference(_wanted.Routes, now.Routes, HostKeys.Of);
            if (!missing.Exists(static route => route.Table == LocalTable && !route.Destination.IsIPv4)
                || Stopwatch.GetElapsedTime(started) > LongestSettling)
            {
                return now;
            }

            Thread.Sleep(Pause);
        }
    }

    private HostFacts Read() => HostFactsReader.Read(_channel, name => _scratch.ReadSetting(ScratchPlace.Near, name), _cancellationToken);

    private void Compare(HostFacts built)
    {
        Compare(_wanted.Interfaces, built.Interfaces, HostKeys.Of);
        Compare(_wanted.Addresses, built.Addresses, HostKeys.Of);
        Compare(_wanted.PolicyRules, built.PolicyRules, HostKeys.Of);
        Compare(_wanted.Routes.Where(static route => !route.IsDead), built.Routes.Where(static route => !route.IsDead), HostKeys.Of);
        if ((_wanted.AcceptsTcpMarks, _wanted.ReflectsIPv4Marks, _wanted.ReflectsIPv6Marks)
            != (built.AcceptsTcpMarks, built.ReflectsIPv4Marks, built.ReflectsIPv6Marks))
        {
            _differences.Add("settings of marks differ");
        }

        if ((_wanted.ForwardsIPv4, _wanted.ForwardsIPv6) != (built.ForwardsIPv4, built.ForwardsIPv6))
        {
            _differences.Add("forwarding differs");
        }
    }

    private void Compare<T>(IEnumerable<T> wanted, IEnumerable<T> built, Func<T, string> key)
    {
        _differences.AddRange(Difference(wanted, built, key).Select(item => $"not rebuilt: {key(item)}"));
        _differences.AddRange(Difference(built, wanted, key).Select(item => $"in the way: {key(item)}"));
    }

    private static List<T> Difference<T>(IEnumerable<T> from, IEnumerable<T> without, Func<T, string> key)
    {
        var known = without.Select(key).ToHashSet(StringComparer.Ordinal);
        return [.. from.Where(item => !known.Contains(key(item)))];
    }

    private void Note(int errno, string what, int allowed = 0)
    {
        if (errno != 0 && errno != allowed)
        {
            _differences.Add(new LinuxException(errno, what).Message);
        }
    }
}
