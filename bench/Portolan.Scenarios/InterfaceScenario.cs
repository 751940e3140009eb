using System.Globalization;
using System.Text;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Scenarios;

/// <summary>
/// Chart and <c>explain</c> of hosts with many virtual cables, a /26 and a /64 on each: as on hosts of containers, and on routers of VLANs.
/// The whole program, start to end.
/// </summary>
internal static class InterfaceScenario
{
    private const int FirstPort = 2_000;
    private const int Ports = 2;
    private const uint Base = 0xc6120000; // 198.18.0.0

    /// <summary>How many cables, and how many routes beyond them.</summary>
    private static readonly (int Cables, int Routes)[] Rows = [(25, 0), (100, 0), (200, 0), (1_000, 5_500)];

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        foreach (var (cables, routes) in Rows)
        {
            using var host = new LabHost();
            using var far = new LabHost();
            Build(host, far, cables, routes);
            foreach (var filter in (ReadOnlySpan<string>)["off", "strict"])
            {
                host.Setting("net/ipv4/conf/all/rp_filter", filter == "off" ? "0" : "1");
                host.Run(() =>
                {
                    using var listeners = new Listeners(FirstPort, Ports);
                    new Comparison(
                        string.Create(CultureInfo.InvariantCulture, $"{cables} interfaces, {routes} routes, rp_filter {filter}"),
                        options.Runs, csv, summary).Run(
                        new Contender("portolan", options.Program),
                        new Contender("portolan --json", options.Program, "--json"),
                        new Contender("portolan explain", options.Program, "explain", FirstPort.ToString(CultureInfo.InvariantCulture)),
                        new Contender("portolan --version", options.Program, "--version"));
                });
            }
        }

        options.Write("interfaces", csv, summary);
        return 0;
    }

    private static void Build(LabHost host, LabHost far, int cables, int routes)
    {
        var (here, there) = (new StringBuilder(), new StringBuilder());
        for (var at = 0; at < cables; at++)
        {
            here.Append(CultureInfo.InvariantCulture, $"link add v{at} type veth peer name p{at} netns {far.Path}\n")
                .Append(
                    CultureInfo.InvariantCulture,
                    $"address add {Text(Base + ((uint)at * 64) + 1)}/26 dev v{at}\naddress add 2001:db8:{at:x}::1/64 dev v{at} nodad\nlink "
                        + $"set v{at} up\n");
            there.Append(CultureInfo.InvariantCulture, $"link set p{at} up\n");
        }

        host.Tool("ip", here.ToString(), "-batch", "-");
        far.Tool("ip", there.ToString(), "-batch", "-");
        var beyond = new StringBuilder();
        for (var at = 0; at < routes; at++)
        {
            beyond.Append(
                CultureInfo.InvariantCulture,
                $"route add 10.{at / 256}.{at % 256}.0/24 via {Text(Base + ((uint)(at % cables) * 64) + 2)}\n");
        }

        host.Tool("ip", beyond.ToString(), "-batch", "-");
    }

    private static string Text(uint address) =>
        string.Create(CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");
}
