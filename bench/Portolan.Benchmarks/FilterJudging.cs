using BenchmarkDotNet.Attributes;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Benchmarks;

/// <summary>A filter asked about one socket, and read from its words. Judging must allocate nothing.</summary>
[MemoryDiagnoser]
public class FilterJudging
{
    private const string Words = "state established and (port 443 or sport 8000-8100) and not dst 10.0.0.0/8";

    private readonly FilterNames _names = new();
    private readonly SocketEntry _entry = new()
    {
        LocalAddress = InternetAddress.FromIPv4(0xc0000201),
        RemoteAddress = InternetAddress.FromIPv4(0xcb007107),
        LocalPort = 40000,
        RemotePort = 443,
        State = SocketState.Established,
    };

    private SocketFilter _filter = SocketFilter.Everything;

    [GlobalSetup]
    public void Parse() => _filter = SocketFilter.Parse([Words], _names);

    [Benchmark(Description = "judge one socket")]
    public FilterResult Judge() => _filter.Judge(_entry, FilterContext.EntryOnly);

    [Benchmark(Description = "read a filter and compile it for the kernel")]
    public int Read() => SocketFilter.Parse([Words], _names).Pushdown.Bytecode.Length;
}
