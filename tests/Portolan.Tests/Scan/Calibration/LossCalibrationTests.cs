using System.Globalization;
using System.Text;
using Portolan.Scan.Engine;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Calibration;

/// <summary>
/// What scans say that they missed at most, against what they missed. The long form is 400 runs a cell and a table:
/// PORTOLAN_CALIBRATION_RUNS=400 and this class; PORTOLAN_CALIBRATION_TABLE names the file for the table, PORTOLAN_CALIBRATION_CELL a part
/// of the names of the cells that are wanted.
/// </summary>
public sealed class LossCalibrationTests
{
    private const double AtMostBroken = 0.05;
    private const int ShortRuns = 3;

    private static readonly CalibrationCell[] Cells = [.. AllCells().Where(
        static cell =>
            cell.Name.Contains(Environment.GetEnvironmentVariable("PORTOLAN_CALIBRATION_CELL") ?? "", StringComparison.Ordinal))];

    private static int Runs =>
        int.TryParse(Environment.GetEnvironmentVariable("PORTOLAN_CALIBRATION_RUNS"), CultureInfo.InvariantCulture, out var runs)
            ? Math.Clamp(runs, 1, 100_000)
            : ShortRuns;

    [Trait("Quick", "no")]
    [Fact]
    public void What_is_said_of_misses_is_broken_in_one_run_of_twenty_at_most()
    {
        var table = new StringBuilder("| cell | runs | told | missed, mean | bound, median | broken |\n|---|---|---|---|---|---|\n");
        var (allRuns, allBroken) = (0, 0);
        var failures = new List<string>();
        foreach (var cell in Cells)
        {
            var (broken, told, missed) = (0, 0, 0.0);
            var bounds = new List<double>();
            Fuzz.Run(Runs, (_, seed) =>
            {
                var run = cell.Run(seed);
                broken += run.IsBroken ? 1 : 0;
                told += run.IsTold ? 1 : 0;
                missed += run.Answering == 0 ? run.HostsMissed : run.Missed;
                bounds.Add((run.Answering == 0 ? run.Said.Hosts?.Bound : run.Said.Ports.Bound) ?? 1);
            });
            bounds.Sort();
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $"| {cell.Name} | {Runs} | {100.0 * told / Runs:0} % | {100 * missed / Runs:0.###} % | {100 * bounds[Runs / 2]:0.###} % | "
                    + $"{100.0 * broken / Runs:0.0} % |");
            table.AppendLine(line);
            (allRuns, allBroken) = (allRuns + Runs, allBroken + broken);
            if (broken > MostBroken(Runs))
            {
                failures.Add(line);
            }
        }

        TestContext.Current.SendDiagnosticMessage(table.ToString());
        if (Environment.GetEnvironmentVariable("PORTOLAN_CALIBRATION_TABLE") is { Length: > 0 } file)
        {
            File.WriteAllText(file, table.ToString());
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.True(allBroken <= MostBroken(allRuns), $"{allBroken} of {allRuns} broken\n{table}");
    }

    // A twentieth, and the chance of a sample of so many: two and a half standard deviations.
    private static double MostBroken(int runs) => (AtMostBroken * runs) + (2.5 * Math.Sqrt(AtMostBroken * (1 - AtMostBroken) * runs));

    private static IEnumerable<CalibrationCell> AllCells()
    {
        foreach (var retries in (int[])[0, 1, 2, 10])
        {
            yield return new($"SYN, 8 hosts, one of which loses 30 %, 60 ports, {retries} retries")
            {
                Ports = 60,
                Hosts = 8,
                LossOfFirst = 0.3,
                Retries = retries,
            };
            yield return new($"SYN, 8 hosts, one of which loses 30 %, the others 10 %, 60 ports, {retries} retries")
            {
                Ports = 60,
                Hosts = 8,
                Loss = 0.1,
                LossOfFirst = 0.3,
                Retries = retries,
            };
            yield return new($"connect, 8 hosts, one of which loses 30 %, 60 ports, {retries} retries")
            {
                Connects = true,
                Technique = TcpTechnique.Connect,
                Ports = 60,
                Hosts = 8,
                LossOfFirst = 0.3,
                Retries = retries,
            };
            yield return new($"UDP, 8 hosts, one of which loses 20 %, 40 ports, {retries} retries")
            {
                Technique = TcpTechnique.None,
                Ports = 40,
                Hosts = 8,
                LossOfFirst = 0.2,
                Retries = retries,
            };
        }

        foreach (var loss in (double[])[0, 0.05, 0.1, 0.2, 0.3])
        {
            var percent = string.Create(CultureInfo.InvariantCulture, $"{100 * loss:0} %");
            foreach (var retries in (int[])[0, 1, 10])
            {
                yield return new($"SYN, 3 ports, {percent}, {retries} retries") { Ports = 3, Loss = loss, Retries = retries };
                yield return new($"SYN, 30 ports, {percent}, {retries} retries") { Ports = 30, Loss = loss, Retries = retries };
            }

            yield return new($"SYN, 300 ports, {percent}, 1 retry") { Ports = 300, Loss = loss, Retries = 1 };
            yield return new($"SYN with discovery, 8 hosts, 12 ports, {percent}") { Ports = 12, Hosts = 8, Discovers = true, Loss = loss };
            yield return new($"hosts only, 6 hosts, {percent}") { Ports = 0, Hosts = 6, Discovers = true, Loss = loss };
            yield return new($"hosts only, 40 hosts, {percent}, 1 retry")
            {
                Ports = 0,
                Hosts = 40,
                Discovers = true,
                Loss = loss,
                Retries = 1,
            };
            yield return new($"FIN, 60 ports, {percent}, 1 retry") { Technique = TcpTechnique.Fin, Ports = 60, Loss = loss, Retries = 1 };
            yield return new($"ACK, 30 ports, {percent}, 1 retry") { Technique = TcpTechnique.Ack, Ports = 30, Loss = loss, Retries = 1 };
            yield return new($"UDP, 30 ports, {percent}, 1 retry") { Technique = TcpTechnique.None, Ports = 30, Loss = loss, Retries = 1 };
            yield return new($"UDP, 30 ports, {percent}") { Technique = TcpTechnique.None, Ports = 30, Loss = loss };
            yield return new($"UDP, 60 ports, one ICMP error a second, {percent}, 1 retry")
            {
                Technique = TcpTechnique.None,
                Ports = 60,
                Loss = loss,
                Limit = 1,
                Retries = 1,
            };
            yield return new($"UDP, 60 ports, one ICMP error a second, {percent}")
            {
                Technique = TcpTechnique.None,
                Ports = 60,
                Loss = loss,
                Limit = 1,
            };
            yield return new($"SYN, 300 ports, 50 RSTs a second, {percent}, 2 retries")
            {
                Ports = 300,
                Loss = loss,
                Limit = 50,
                Retries = 2,
            };
            yield return new($"SYN, 600 ports, receiver of 3,000/s, {percent}, 1 retry")
            {
                Ports = 600,
                Loss = loss,
                Receiver = 3000,
                Retries = 1,
            };
            yield return new($"connect, 3 ports, {percent}, 1 retry")
            {
                Connects = true,
                Technique = TcpTechnique.Connect,
                Ports = 3,
                Loss = loss,
                Retries = 1,
            };
            yield return new($"connect, 60 ports, {percent}, no retry")
            {
                Connects = true,
                Technique = TcpTechnique.Connect,
                Ports = 60,
                Loss = loss,
                Retries = 0,
            };
            yield return new($"connect, 60 ports, {percent}")
            {
                Connects = true,
                Technique = TcpTechnique.Connect,
                Ports = 60,
                Loss = loss,
            };
            yield return new($"connect with discovery, 8 hosts, 20 ports, {percent}, 2 retries")
            {
                Connects = true,
                Technique = TcpTechnique.Connect,
                Ports = 20,
                Hosts = 8,
                Discovers = true,
                Loss = loss,
                Retries = 2,
            };
            yield return new($"connect UDP, 60 ports, one ICMP error a second, {percent}, 1 retry")
            {
                Connects = true,
                Technique = TcpTechnique.None,
                Ports = 60,
                Loss = loss,
                Limit = 1,
                Retries = 1,
            };
        }
    }
}
