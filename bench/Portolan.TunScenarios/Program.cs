using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.TunScenarios;
using Portolan.TunScenarios.Connecting;
using Portolan.TunScenarios.Lwip;

// The stack beside the kernel's TCP. `tun`: one stream over a TUN device. `ethernet`: over a packet socket. `loss`: one stream over a link
// that loses and delays. `connects`: connections opened and closed. `lwip`: the same and streams, beside lwIP.
string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
int Number(string name, int otherwise) => Value(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
bool Wants(string figure) => Value("--only") is not { } part || Regex.IsMatch(figure, part);
var report = new Report();
switch (args.FirstOrDefault())
{
    case "tun":
        TunScenario.Run(report, Number("--runs", 5), Wants);
        report.Write("tun", "One stream over TUN", $"bench/stack {string.Join(' ', args)}", Value("--out"));
        return 0;
    case "ethernet":
        EthernetScenario.Run(report, Number("--runs", 5), Wants);
        report.Write("ethernet", "One stream over Ethernet", $"bench/stack {string.Join(' ', args)}", Value("--out"));
        return 0;
    case "loss":
        LossScenario.Run(report, Number("--seeds", 16), Number("--megabytes", 8), Wants);
        report.Write(
            "loss", "One stream over a link that loses 1 % and takes 20 ms", $"bench/stack {string.Join(' ', args)}", Value("--out"));
        return 0;
    case "connects":
        ConnectScenario.Run(report, Number("--runs", 5), Number("--count", 100_000), Wants);
        report.Write("connects", "Connections opened and closed", $"bench/stack {string.Join(' ', args)}", Value("--out"));
        return 0;
    case "lwip":
        LwipScenario.Run(report, Number("--runs", 5), Number("--count", 50_000), Wants);
        report.Write("lwip", "Beside lwIP", $"bench/stack {string.Join(' ', args)}", Value("--out"));
        return 0;
    case "serve":
        StackServer.Run(args[1..]);
        return 0;
    default:
        Console.Error.WriteLine("usage: Portolan.TunScenarios tun | ethernet [--runs N] | loss [--seeds N] [--megabytes N] | connects | "
            + "lwip [--runs N] [--count N]  [--only REGEX] [--out DIR]");
        return 2;
}
