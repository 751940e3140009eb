using System.Globalization;
using System.Net.NetworkInformation;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>What a lab shows of its network to those inside, and what of it is seen outside: nothing.</summary>
public sealed class LabBoundaryTests
{
    /// <summary>An address of documentation (RFC 5737) that no lab in these tests has.</summary>
    private const string Elsewhere = "203.0.113.77";

    public static TheoryData<bool> Users => [false, true];

    [Theory]
    [MemberData(nameof(Users))]
    public void Nmap_sees_each_router_on_the_way(bool ordinary)
    {
        var nmap = Programs.Find("nmap", "/usr/bin/nmap");
        var hops = Hops(
            Run(ordinary, "campus", nmap, "-n", "-sS", "-p", "80", "--traceroute", "-oG", "/dev/null", "198.19.0.10").Expect(0).Output);
        Assert.Equal(["198.18.0.1", "198.18.1.2", "198.18.2.1", "198.19.0.1", "198.19.0.10"], hops);
    }

    [Theory]
    [MemberData(nameof(Users))]
    public void From_inside_there_is_no_way_to_what_is_not_in_the_lab(bool ordinary)
    {
        // A datagram: sending it is tried, and the kernel says at once that no route leads there.
        var bash = Programs.Find("bash", "/bin/bash", "/usr/bin/bash");
        var result = Run(ordinary, "office", bash, "-c", $"LC_ALL=C; echo x > /dev/udp/{Elsewhere}/9").Expect(1);
        Assert.Contains("Network is unreachable", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void While_a_lab_runs_the_machines_own_network_and_mounts_are_as_before_and_afterwards_too()
    {
        var ip = Programs.Find("ip", "/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip");
        string Seen() =>
            string.Join(
                '\n',
                ((string[][])[
                    ["-o", "link"], ["-o", "address"], ["rule"], ["-6", "rule"], ["route", "show", "table", "all"],
                    ["-6", "route", "show", "table", "all"]])
            .Select(args => Lasting(Programs.Run(ip, args).Output)).Append(File.ReadAllText("/proc/self/mountinfo")));
        var before = Seen();
        Assert.NotEqual("", before);
        using (var program =
            PortolanProgram.Start("lab", "run", "office", "--", "/bin/sh", "-c", "ip -o link show lab0; echo ready; read x"))
        {
            Assert.Contains("lab0", program.NextLine(), StringComparison.Ordinal);
            Assert.Equal("ready", program.NextLine());
            Assert.Equal(before, Seen());
            program.Input.Close();
            program.Finish();
        }

        Assert.Equal(before, Seen());
        Assert.DoesNotContain(NetworkInterface.GetAllNetworkInterfaces(), static i => i.Name == "lab0");
    }

    /// <summary>Without what the kernel counts down by itself.</summary>
    private static string Lasting(string text) =>
        string.Join(
            '\n',
            text.Split('\n').Select(
                static line =>
                    Regex.Replace(line, @"(expires|valid_lft|preferred_lft) \d+sec", "$1", RegexOptions.None, TimeSpan.FromSeconds(1))));

    /// <summary>The third column of nmap's table, whose first is the number of the hop.</summary>
    private static string[] Hops(string output) =>
        [.. output.Split('\n').SkipWhile(static l => !l.StartsWith("TRACEROUTE", StringComparison.Ordinal))
            .Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(static w => w.Length >= 2 && int.TryParse(w[0], CultureInfo.InvariantCulture, out _)).Select(static w => w[^1])];

    private static RunResult Run(bool ordinary, string lab, params string[] command)
    {
        string[] args = ["lab", "run", lab, "--", .. command];
        return ordinary ? PortolanProgram.RunAsNobody(args) : PortolanProgram.Run(args);
    }
}
