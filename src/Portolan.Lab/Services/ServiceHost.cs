using System.Net;
using Portolan.Lab.Services.Web;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Services;

/// <summary>What a service may use of the lab and of the host it runs on.</summary>
public sealed class ServiceHost
{
    /// <summary>The host's name; of a range the entry's.</summary>
    public required string Name { get; init; }

    /// <summary>The lab's time, real or virtual.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The host's stack, for connections and listeners of its own. Its listeners hear all addresses of a range.</summary>
    public required NetworkStack Stack { get; init; }

    /// <summary>The names of the lab.</summary>
    public required ILabDirectory Directory { get; init; }

    /// <summary>Certificates for its names.</summary>
    public required LabAuthority Certificates { get; init; }

    /// <summary>What its chance comes from.</summary>
    public required ulong Seed { get; init; }

    /// <summary>What it has together with the other hosts of the lab.</summary>
    public required SharedServices Shared { get; init; }

    /// <summary>The IPv4 network it is in; <c>null</c> when it is in none.</summary>
    public LabNeighbourhood? Network { get; init; }

    /// <summary>What its services keep between connections.</summary>
    public HostState State { get; init; } = new();
}

/// <summary>The IPv4 network of a host, as a server of addresses needs to know it.</summary>
/// <param name="Prefix">Its addresses.</param>
/// <param name="Gateway">The first router in it; <c>null</c> when there is none.</param>
/// <param name="IsTaken">Whether a host has an address by the topology.</param>
public sealed record LabNeighbourhood(AddressPrefix Prefix, InternetAddress? Gateway, Func<InternetAddress, bool> IsTaken);

/// <summary>A connection or a datagram, as a service sees it.</summary>
/// <param name="Host">The host.</param>
/// <param name="Service">The service as the topology has it, with its settings.</param>
/// <param name="Local">The end at the host.</param>
/// <param name="Remote">The client's end.</param>
public sealed record ServiceCall(ServiceHost Host, ServiceSpec Service, IPEndPoint Local, IPEndPoint Remote)
{
    /// <summary>What the topology says of a setting, or what is usual.</summary>
    public string Setting(string name, string usual) => Service.Settings.GetValueOrDefault(name, usual);
}

/// <summary>The names of a lab and their addresses.</summary>
public interface ILabDirectory
{
    /// <summary>The domain of the lab, such as <c>office.lab</c>: hosts are <c>NAME.office.lab</c> besides their own names.</summary>
    string Domain { get; }

    /// <summary>The addresses of a name, without regard to case; empty when there is none.</summary>
    IReadOnlyList<InternetAddress> Find(string name);

    /// <summary>The first name of an address; <c>null</c> when it has none.</summary>
    string? NameOf(InternetAddress address);

    /// <summary>All names of single hosts and routers with their addresses; not those of ranges.</summary>
    IEnumerable<(string Name, InternetAddress Address)> All { get; }

    /// <summary>The names of single hosts that have a service, such as <c>smtp</c>, on any port.</summary>
    IEnumerable<string> HostsWith(string service);
}

/// <summary>
/// What the services of all hosts of a lab have together: one web server, made when a host has one or the first client of one comes.
/// </summary>
/// <remarks>One for each lab; disposed with it, before its stacks. Any thread.</remarks>
public sealed class SharedServices : IAsyncDisposable
{
    private readonly Lazy<LabWebServer> _web = new(static () => new LabWebServer());

    /// <summary>When the lab began.</summary>
    public required DateTimeOffset Began { get; init; }

    internal LabWebServer Web => _web.Value;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _web.IsValueCreated ? _web.Value.DisposeAsync() : default;
}
