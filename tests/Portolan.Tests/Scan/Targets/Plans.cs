using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Names;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Targets;

/// <summary>Plans from words, and what is in them.</summary>
internal static class Plans
{
    internal static PortSelection Tcp(string ports) => new(PortSet.Parse(ports), new PortSet());

    internal static TargetOptions Options(string ports = "80", bool udp = false) => new()
    {
        Ports = new PortGrammar(tcp: true, udp, ServiceRegistry.BuiltIn).Parse(ports, "-p"),
        PortGrammar = new PortGrammar(tcp: true, udp, ServiceRegistry.BuiltIn),
        FindInterface = name => name switch { "lo" => 1u, "eth0" => 2u, _ => null },
    };

    internal static TargetPlan Of(params string[] words) => Builder(words).Build();

    internal static TargetPlanBuilder Builder(params string[] words)
    {
        var builder = new TargetPlanBuilder(Options());
        foreach (var word in words)
        {
            builder.Add(word);
        }

        return builder;
    }

    internal static TargetPlan Without(string excludes, params string[] words)
    {
        var builder = Builder(words);
        builder.Exclude(excludes);
        return builder.Build();
    }

    /// <summary>The addresses in order, as text.</summary>
    internal static List<string> Addresses(this TargetPlan plan) => [.. plan.Hosts().Select(host => host.Address.ToString())];

    internal static IEnumerable<Target> Hosts(this TargetPlan plan)
    {
        for (ulong host = 0; host < plan.HostCount; host++)
        {
            yield return plan.HostAt(host);
        }
    }

    /// <summary>A host's ports as text, such as <c>80,443,U:53</c>.</summary>
    internal static string PortText(this TargetPlan plan, ulong host)
    {
        var ports = plan.PortsOf(host);
        return string.Join(
            ',',
            Enumerable.Range(0, ports.Count).Select(i => ports[i]).Select(
                port => port.Protocol == TransportProtocol.Udp ? $"U:{port.Port}" : port.Port.ToString()));
    }

    internal static PortolanException Refused(string word) => Assert.Throws<PortolanException>(() => Builder(word));
}

/// <summary>Names with known addresses.</summary>
internal sealed class KnownNames(params (string Name, string Addresses)[] names) : INameLookup
{
    public int Lookups { get; private set; }

    public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation)
    {
        Lookups++;
        foreach (var (known, addresses) in names)
        {
            if (string.Equals(known, name, StringComparison.OrdinalIgnoreCase))
            {
                return Task.FromResult(new NameAnswer(
                    name,
                    [.. addresses.Split(' ').Select(
                        text => InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text))], null));
            }
        }

        return Task.FromResult(new NameAnswer(name, [], "no such name"));
    }
}
