using System.Diagnostics;
using System.Globalization;
using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.LabScenarios;
using Portolan.Model;

// The lab's figures without a kernel: how large and how quick labs of many hosts are. Each line of raw.csv is one run, in a process of its
// own.
string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
var hosts = int.Parse(Value("--hosts") ?? "65536", CultureInfo.InvariantCulture);
var work = args.Length > 0 ? args[0] : "idle";

static InternetAddress Address(string text) => InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
static void Note(string figure, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure},{value:f3}"));

LabTopology Build(bool single)
{
    var network = Address("198.16.0.0");
    var prefix = AddressPrefix.Of(Address("198.0.0.0"), 8);
    var ports = new[] { new PortRule(TransportProtocol.Tcp, PortSet.Parse("80,443"), PortPolicy.Open) };
    return new LabTopology
    {
        Name = "many",
        Networks = [new NetworkSpec { Name = "net", Ipv4 = prefix }],
        Hosts = single
            ? [.. Enumerable.Range(0, hosts).Select(i => new HostSpec
            {
                Name = $"h{i}",
                Network = "net",
                Addresses = [new AddressRange(network.Plus((ulong)i), network.Plus((ulong)i))],
                Ports = ports,
            })]
            : [new HostSpec
            {
                Name = "h",
                Network = "net",
                IsRange = true,
                Addresses = [new AddressRange(network, network.Plus((ulong)hosts - 1))],
                Ports = ports,
            }],
        Vantage = new VantageSpec("net", Address("198.0.0.1"), null),
    };
}

static double Megabytes()
{
    using var process = Process.GetCurrentProcess();
    return process.WorkingSet64 / 1e6;
}

switch (work)
{
    case "idle":
        {
            var began = Stopwatch.GetTimestamp();
            await using var lab = new VirtualNetwork(Build(args.Contains("--single", StringComparer.Ordinal)));
            lab.Start();
            Note($"{hosts} hosts up, s", Stopwatch.GetElapsedTime(began).TotalSeconds);
            Note($"{hosts} hosts, process, MB", Megabytes());
            break;
        }

    case "awake":
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            await using var lab = new VirtualNetwork(Build(single: true), new() { IsVirtualTime = true });
            for (var i = 0; i < hosts; i++)
            {
                lab.StackOf($"h{i}");
            }

            Note($"{hosts} hosts awake, bytes each", (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)hosts);
            GC.KeepAlive(lab);
            break;
        }

    default:
        {
            var ports = int.Parse(Value("--ports") ?? "10", CultureInfo.InvariantCulture);
            var flood =
                new SynFlood(Address("198.0.0.1"), Address("198.16.0.0"), hosts, ports, 75) { IsOpen = static port => port is 80 or 443 };
            await using var lab = new VirtualNetwork(Build(args.Contains("--single", StringComparer.Ordinal)), new() { Vantage = flood });
            using var process = Process.GetCurrentProcess();
            var cpu = process.TotalProcessorTime;
            var began = Stopwatch.GetTimestamp();
            lab.Start();
            while (!flood.IsDone && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
            {
                await Task.Delay(20);
            }

            process.Refresh();
            Note("SYNs answered per processor second", (flood.SynAcks + flood.Resets) / (process.TotalProcessorTime - cpu).TotalSeconds);
            Note("SYN-ACKs", flood.SynAcks);
            Note("RSTs", flood.Resets);
            Note("wrong", flood.Wrong);
            Note("lost in the lab", lab.OverflowCount);
            Note("process, MB", Megabytes());
            break;
        }
}
