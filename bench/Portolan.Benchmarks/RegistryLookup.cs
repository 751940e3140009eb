using BenchmarkDotNet.Attributes;
using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.Benchmarks;

/// <summary>One lookup in the built-in service registry: must stay at or under 100 ns and 0 bytes.</summary>
[MemoryDiagnoser]
public class RegistryLookup
{
    private readonly ServiceRegistry _registry = ServiceRegistry.BuiltIn;
    private readonly PortNumber[] _ports = [.. Enumerable.Range(0, 1024).Select(i => new PortNumber((ushort)(i * 2654435761u >> 16)))];
    private int _next;

    [Benchmark(Description = "443/tcp to its name")]
    public int KnownPort() => _registry.PrimaryName(new PortNumber(443), TransportProtocol.Tcp).Length;

    [Benchmark(Description = "a port spread over all 65,536 to its name")]
    public int AnyPort() => _registry.PrimaryName(_ports[_next++ & 1023], TransportProtocol.Tcp).Length;

    [Benchmark(Description = "a name to its port")]
    public bool Name() => _registry.TryFindPort("postgresql", TransportProtocol.Tcp, out _);
}
