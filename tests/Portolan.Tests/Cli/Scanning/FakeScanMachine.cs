using Portolan.Cli.Scanning.Machine;
using Portolan.Cli.Scanning.Options;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Identification;
using Portolan.Scan.Names;
using Portolan.Scan.Results;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>A machine whose network is a table: hosts that are up, and their open ports. Everything else of the command is real.</summary>
internal sealed class FakeScanMachine : IScanMachine
{
    public bool RawAllowed { get; init; }

    /// <summary>Addresses that are up, with their open TCP ports; other ports are closed, other hosts down.</summary>
    public Dictionary<string, int[]> Hosts { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Names { get; } = new(StringComparer.OrdinalIgnoreCase);

    public ConnectionTable? Table { get; init; }

    /// <summary>Called in the middle of the port stage.</summary>
    public Action? Midway { get; init; }

    /// <summary>Every prober that was opened, such as <c>raw</c>.</summary>
    public List<string> Opened { get; } = [];

    public ScanSettings? Settings { get; private set; }

    /// <summary>The targets that a stack beside the kernel's was told of; <c>null</c> when none was asked for.</summary>
    public IReadOnlyList<InternetAddress>? OwnStackSamples { get; private set; }

    public bool IsRawAllowed() => RawAllowed;

    public ulong NewSeed() => 42;

    public INameLookup OpenLookup(TargetRequest request) => new Lookup(Names);

    public IReverseNames OpenReverseNames(TargetRequest request, Action<string> warn) => new NoNames();

    public IGroupProber OpenConnectProber(ScanSettings settings, Action<string>? trace) => Open(settings, ScanMode.Connect, trace);

    public IGroupProber OpenRawProber(ScanSettings settings, RawNeeds needs, Action<string>? trace) => Open(settings, ScanMode.Raw, trace);

    public IRouteTracer OpenConnectTracer(ScanSettings settings, Action<string>? trace)
    {
        Opened.Add("tracer");
        return new NoTracer();
    }

    public IGroupProber OpenOwnStackProber(
        ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, Action<string>? trace)
    {
        OwnStackSamples = samples;
        return Open(settings, ScanMode.Raw, trace);
    }

    public IGroupProber OpenBannerProber(IGroupProber ports, ScanSettings settings, Action<string>? trace)
    {
        Opened.Add("banners");
        return ports;
    }

    public IGroupProber OpenOwnStackIdentifier(
        ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, ScanTrace trace, Action<string> warn)
    {
        OwnStackSamples = samples;
        Opened.Add("services");
        return Open(settings, ScanMode.Raw, trace.Packets);
    }

    public ServiceIdentifier OpenIdentifier(IdentifySettings settings, Action<string>? trace, Action<string> warn)
    {
        Opened.Add("services");
        return new ServiceIdentifier(new NoSockets(), TimeProvider.System, settings);
    }

    public ConnectionTable? ReadConnectionTable() => Table;

    public HostNetwork ReadNetwork() => new([], [], []);

    private Prober Open(ScanSettings settings, ScanMode mode, Action<string>? trace)
    {
        Settings = settings;
        Opened.Add(mode == ScanMode.Raw ? "raw" : "connect");
        return new Prober(this, mode, trace);
    }

    private sealed class Lookup(Dictionary<string, string> names) : INameLookup
    {
        public Task<NameAnswer> LookUpAsync(string name, AddressFamilies families, CancellationToken cancellation) => Task.FromResult(
            names.TryGetValue(name, out var text) && InternetAddress.TryParse(text, out var address)
                ? new NameAnswer(name, [address], null)
                : new NameAnswer(name, [], "no such name"));
    }

    private sealed class NoTracer : IRouteTracer
    {
        public void Trace(HostGroup group, IProbeWatch watch)
        {
        }
    }

    private sealed class NoNames : IReverseNames
    {
        public void Find(IReadOnlyList<InternetAddress> addresses, Action<int, string> found, Func<double, bool> goOn)
        {
        }
    }

    private sealed class Prober(FakeScanMachine machine, ScanMode mode, Action<string>? trace) : IGroupProber
    {
        private long _sent;
        private long _replies;

        public ScanMode Mode => mode;

        public IReadOnlyList<string> Notes => [];

        public ProbeBalance Balance => new(_sent, 0, 0, _replies);

        public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
            for (var host = 0; host < group.Count && !watch.IsStopping; host++)
            {
                watch.Tick(new StageStatus("host discovery", 0.5, null, ProbeCursor.Start));
                _sent++;
                if (machine.Hosts.ContainsKey(group.AddressOf(host).ToString()))
                {
                    _replies++;
                    group.SetHost(host, new HostResult(group[host], HostStatus.Up, ReplyReason.EchoReply, 64, null));
                }
            }
        }

        public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
        {
            for (ulong probe = 0; probe < group.ProbeCount; probe++)
            {
                if (probe == group.ProbeCount / 2)
                {
                    machine.Midway?.Invoke();
                }

                if (watch.IsStopping)
                {
                    return;
                }

                var (host, port) = group.ProbeAt(probe);
                if (!machine.Hosts.TryGetValue(group.AddressOf(host).ToString(), out var open))
                {
                    continue;
                }

                _sent++;
                _replies++;
                var name = group.PortsOf(host)[port];
                trace?.Invoke($"SENT {name.Port}");
                var isOpen = Array.IndexOf(open, name.Port.Value) >= 0;
                group.Record(host, port, new PortResult(
                    name, isOpen ? PortState.Open : PortState.Closed, isOpen ? ReplyReason.SynAck : ReplyReason.Reset, 64,
                    isOpen ? Evidence.SynAck : Evidence.None, null));
                watch.Tick(new StageStatus("SYN scan", 0.5, null, ProbeCursor.Start));
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class NoSockets : ICheckSockets
    {
        public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
            Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Refused, null));

        public Task<DatagramResult> ExchangeAsync(
            RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp) =>
            Task.FromResult(new DatagramResult(DatagramOutcome.Silent, 1));
    }
}
