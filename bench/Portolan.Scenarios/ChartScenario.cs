using System.Globalization;
using System.Text;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Scenarios;

/// <summary>
/// The chart with verdicts of a small host: 20 listeners behind 200 rules for each family in chains such as ufw makes. The whole program,
/// start to end.
/// </summary>
internal static class ChartScenario
{
    private const int Ports = 20;
    private const int FirstPort = 2_000;
    private const int Rules = 200;

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        using var host = new LabHost();
        using var outside = new LabHost();
        LabHost.Connect(outside, "c0", host, "eth0");
        host.Address("eth0", "198.18.0.2/15");
        host.Address("eth0", "2001:db8::2/64");
        host.Nft(Table("ip", "ip saddr 10.{0}.0.0/16 ", "icmp type { 3, 8, 11, 12 }", "icmp"));
        host.Nft(Table("ip6", "ip6 saddr 2001:db8:{0}::/48 ", "icmpv6 type { 1, 2, 3, 4, 128, 133, 134, 135, 136 }", "icmpv6"));
        host.Run(() =>
        {
            using var listeners = new Listeners(FirstPort, Ports);
            new Comparison($"the chart of {Ports} listeners, {Rules} rules", options.Runs, csv, summary).Run(
                new Contender("portolan", options.Program),
                new Contender("portolan --version", options.Program, "--version"),
                new Contender("ss -tlnp", "/usr/bin/ss", "-tlnp"),
                new Contender("nft list ruleset", "/usr/sbin/nft", "list", "ruleset"));
        });
        options.Write("chart", csv, summary);
        return 0;
    }

    // The shape of ufw's: few rules that look at every packet, a jump to the user's rules, a policy that drops.
    private static string Table(string family, string sender, string messages, string protocol)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $$"""
            table {{family}} filter {
              chain ufw-logging-deny { ct state invalid limit rate 3/minute burst 10 packets return; limit rate 3/minute burst 10 packets log prefix "[UFW BLOCK] "; }
              chain ufw-skip-to-policy-input { counter drop; }
              chain ufw-not-local {
                fib daddr type { local, multicast, broadcast } return
                limit rate 3/minute burst 10 packets jump ufw-logging-deny
                counter drop
              }
              chain ufw-user-input {

            """);
        for (var i = 0; i < Rules; i++)
        {
            text.AppendFormat(CultureInfo.InvariantCulture, i % 2 == 0 ? "" : sender, i);
            text.AppendFormat(CultureInfo.InvariantCulture, "tcp dport {0} counter accept\n", FirstPort + i);
        }

        return text.Append(CultureInfo.InvariantCulture, $$"""
              }
              chain ufw-before-input {
                iifname "lo" counter accept
                ct state related,established counter accept
                ct state invalid counter jump ufw-logging-deny
                ct state invalid counter drop
                meta l4proto {{protocol}} {{messages}} counter accept
                udp sport 67 udp dport 68 counter accept
                counter jump ufw-not-local
                counter jump ufw-user-input
              }
              chain ufw-after-input {
                udp dport { 137, 138 } counter jump ufw-skip-to-policy-input
                tcp dport { 139, 445 } counter jump ufw-skip-to-policy-input
              }
              chain INPUT { type filter hook input priority 0; policy drop; counter jump ufw-before-input; counter jump ufw-after-input; }
              chain FORWARD { type filter hook forward priority 0; policy drop; }
              chain OUTPUT { type filter hook output priority 0; policy accept; oifname "lo" accept; ct state new accept; }
            }

            """).ToString();
    }
}
