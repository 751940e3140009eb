using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// The lab judges Portolan's own scanner: <c>portolan scan --json</c> in <c>portolan lab run</c>, then <c>portolan lab score</c>, as one
/// would with any scanner.
/// </summary>
public sealed class LabScoreTests
{
    private const string Branch =
        """
        name: branch
        networks:
          desk: [198.18.0.0/24, "2001:db8:1::/64"]
          office: { prefix: [198.18.1.0/24, "2001:db8:2::/64"], latency: 2ms }
          cellar: { prefix: [198.18.2.0/24, "2001:db8:3::/64"], latency: 5ms, jitter: 2ms }
        routers:
          front:
            networks: { desk: [198.18.0.1, "2001:db8:1::1"], office: [198.18.1.1, "2001:db8:2::1"] }
            firewall: { rules: [drop tcp to office port 443, reject with admin-prohibited tcp to office port 25] }
          back: { networks: { office: [198.18.1.2, "2001:db8:2::2"], cellar: [198.18.2.1, "2001:db8:3::1"] } }
        hosts:
          web: { address: [198.18.1.10, "2001:db8:2::10"], ports: [http, https, smtp] }
          files: { address: [198.18.2.10, "2001:db8:3::10"], personality: freebsd, ports: { 21: ftp, 22: ssh, 23: filtered, 24: reject with tcp-reset, 7/udp: echo, 13/udp: filtered } }
          desks: { addresses: 198.18.1.32-198.18.1.39, ports: [ssh] }
          quiet: { address: [198.18.2.20, "2001:db8:3::20"], default: filtered, ports: [http] }
        """;

    /// <summary>
    /// Who scans, a lab, the type of scan with ports, and targets: IPv6 has no ranges to scan, and the router's own addresses are hosts
    /// too.
    /// </summary>
    public static TheoryData<bool, string, string, string> Scans => new()
    {
        { false, "scan-me", "-sS -p 1-200", "198.18.0.0/28" },
        { true, "scan-me", "-sS -p 1-200", "198.18.0.0/28" },
        { false, "scan-me", "-sT -p 1-200", "198.18.0.0/28" },
        { false, "scan-me", "-sU -p 1-20,53,161", "198.18.0.0/28" },
        { false, "branch", "-sS -p 1-100,443", "198.18.1.0/24 198.18.2.0/24" },
        { true, "branch", "-sS -p 1-100,443", "-6 2001:db8:2::10 2001:db8:3::10 2001:db8:3::20 2001:db8:3::99" },
        { false, "branch", "-sT -p 1-100,443", "198.18.1.0/27 198.18.1.32/29 198.18.2.0/27" },
        { false, "branch", "-sT -p 1-100,443", "-6 2001:db8:2::10 2001:db8:3::10 2001:db8:3::20" },
        { false, "branch", "-sU -p 1-20", "-6 2001:db8:2::10 2001:db8:3::10" },
    };

    [Theory]
    [MemberData(nameof(Scans))]
    public void Portolans_own_scanner_is_told_the_truth_and_tells_it(bool ordinary, string lab, string scan, string targets)
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        File.WriteAllText(folder["branch.yaml"], Branch);
        var name = lab == "branch" ? folder["branch.yaml"] : lab;

        // The program of whoever runs it: an ordinary user has a copy.
        string[] words = ["lab", "run", name, "--", "/bin/sh", "-c", $"\"$0\" scan -n {scan} {targets} --json >{folder["result.json"]}"];
        var result = ordinary
            ? Programs.Run(PortolanProgram.AsNobody([])[0], [.. PortolanProgram.AsNobody(words)[1..], PortolanProgram.AsNobody([])[^1]])
            : PortolanProgram.Run([.. words, PortolanProgram.Path]);
        result.Expect(0);

        var score = PortolanProgram.Run("lab", "score", name, folder["result.json"], "--json");
        Assert.True(score.ExitCode == 0, $"{score.Output}{score.Error}{result.Error}");
        var document = JsonSchema.AssertValid(score.Output);
        Assert.Equal("portolan.score/1", document.GetProperty("schema").GetString());
        Assert.Equal(1, document.GetProperty("precision").GetDouble());
        Assert.Equal(1, document.GetProperty("recall").GetDouble());
        Assert.Equal(0, document.GetProperty("wrongStates").GetInt32());
        Assert.True(document.GetProperty("portsJudged").GetInt32() > 20, score.Output);
    }

    [Fact]
    public void A_result_of_another_lab_is_not_right()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["branch.yaml"], Branch);
        PortolanProgram.Run(
            "lab", "run", folder["branch.yaml"], "--", "/bin/sh", "-c",
            $"\"$0\" scan -n -sS -p 1-100,443 198.18.1.10 --json >{folder["result.json"]}", PortolanProgram.Path).Expect(0);
        File.WriteAllText(
            folder["other.yaml"], Branch.Replace("ports: [http, https, smtp]", "ports: [http, ssh]", StringComparison.Ordinal));
        using var document = JsonDocument.Parse(
            PortolanProgram.Run("lab", "score", folder["other.yaml"], folder["result.json"], "--json").Expect(1).Output);
        Assert.Equal(0.5, document.RootElement.GetProperty("recall").GetDouble());
        Assert.Equal(1, document.RootElement.GetProperty("precision").GetDouble());
    }
}
