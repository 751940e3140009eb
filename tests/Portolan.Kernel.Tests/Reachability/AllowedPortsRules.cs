namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Rules that ask about the destination port in every way that there is.</summary>
internal static class AllowedPortsRules
{
    private static readonly (string Name, string Text)[] All =
    [
        ("no rules", ""),
        ("single ports and ranges", Input("tcp dport 22 accept\ntcp dport 8000-8100 accept\nudp dport { 53, 5000-5010 } accept")),
        ("inverted", Input("tcp dport != 1024-65535 accept\nudp dport != { 53, 123 } accept")),
        ("a mask", Input("th dport & 0x3 == 0x1 accept\nth dport & 0xff00 == 0x1f00 drop")),
        ("a set of intervals", Input(
            "tcp dport @s accept", "set s { type inet_service; flags interval; elements = { 1-9, 80, 60000-65535 } }")),
        ("a verdict map", Input(
            "tcp dport vmap { 22 : accept, 80-90 : jump web, 443 : return, 500 : drop }",
            chains: "chain web { ip saddr 198.18.0.0/24 accept; }")),
        ("a concatenation", Input(
            "ip saddr . tcp dport @s accept\nip6 saddr . udp dport { 2001:db8::7 . 53 } accept",
            """
            set s {
            type ipv4_addr . inet_service; flags interval
            elements = { 198.18.0.0/24 . 80-90, 198.18.5.1 . 22, 198.18.0.0/16 . 443 }
            }
            """)),
        ("interfaces, marks, limits and states", Input(
            """
            ct state established,related accept
            meta mark set 7
            iifname "eth1" tcp dport 3000-3010 accept
            meta mark 7 tcp dport 3005 limit rate 5/second accept
            tcp dport 4000 limit rate over 5/second drop
            tcp dport 4000 ct count over 3 reject
            tcp dport 4000 accept
            ip6 saddr 2001:db8::/64 th dport 5000 accept
            tcp sport 1024-2000 tcp dport 6000 accept
            numgen random mod 2 0 tcp dport 7000 accept
            """)),
        ("a mark chosen by the port", Input("meta mark set tcp dport map { 80 : 7, 90-99 : 8, 443 : 7 }\nmeta mark 7 accept")),
        ("both ports at once", Input("@th,0,32 0x04000050 accept\ntcp sport . tcp dport { 1024-2000 . 22, 3000 . 23 } accept")),
        ("the port of the connection", Input(
            "meta l4proto tcp ct original proto-dst 80 accept\nmeta l4proto udp ct original proto-dst 8080-8090 accept")),
        ("the port after redirection", Nat("tcp dport 80 redirect to :8080\ntcp dport 81-85 redirect to :9000-9001")
            + Input(
                """
                tcp dport 8080 accept
                meta l4proto tcp ct original proto-dst 82 accept
                tcp dport 9000-9001 ip saddr 198.18.0.0/24 accept
                """)),
        ("a redirection by a map", Nat("meta l4proto tcp redirect to :tcp dport map { 80 : 8080, 81 : 8081, 8080 : 80 }")
            + Input("tcp dport 8080 accept")),
        ("destinations elsewhere", Nat("tcp dport 2222 dnat ip to 198.18.2.2:22\ntcp dport 5000-5010 dnat ip to 198.18.2.3")
            + Base("forward", "drop", "ct state established accept\ntcp dport { 22, 5005 } accept")),
        ("a destination by a map", """
            table ip nat {
            chain pre {
            type nat hook prerouting priority dstnat
            ip daddr 198.18.0.2 tcp dport 100-101 dnat to 198.18.2.2:tcp dport map { 100 : 1000, 101 : 1001 }
            }
            }
            """),
        ("answers", Base(
            "output", "accept",
            "tcp sport 80 drop\nudp sport 5000-5100 drop\ntcp sport . ip daddr { 443 . 198.18.0.9 } reject")),
        ("a set that packets add to", Input(
            "tcp dport 7000 add @s { tcp dport }\ntcp dport @s accept", "set s { type inet_service; flags dynamic; size 100; }")),
        ("more than an index holds", Input(string.Join('\n', Enumerable.Range(0, 200).Select(
            static i => i % 3 == 0 ? $"tcp dport {1000 + i} accept" : i % 3 == 1 ? $"ip saddr 10.{i}.0.0/16 tcp dport {1000 + i} accept"
                : $"udp dport {3000 + i}-{3000 + i + 5} drop")))),
        ("many rules of the same shape", Input(string.Join('\n', Enumerable.Range(0, 300).Select(
            static i => (i % 7) switch
            {
                0 => $"tcp dport {1000 + (i % 50)} ip saddr 10.0.0.0/8 accept",
                1 => $"tcp dport {1000 + (i % 60)} accept",
                2 => $"iifname eth1 accept",
                3 => $"tcp dport {1100 + i} drop",
                4 => $"ip saddr 198.18.{i % 200}.0/24 tcp dport {2000 + (i % 9)} accept",
                5 => $"tcp dport {1100 + (i % 80)} reject",
                _ => $"tcp sport {i + 1} drop",
            })))),
        ("more questions than are kept", Input(string.Join('\n', Enumerable.Range(0, 700).Select(
            static i => $"tcp dport {{ {2 * i + 1}, {2 * i + 9000} }} accept")))),
    ];

    /// <summary>Rules as iptables-restore(8) reads them.</summary>
    public static string Iptables { get; } =
        $"""
        *filter
        :INPUT DROP [0:0]
        :user - [0:0]
        -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        -A INPUT -j user
        -A user -p tcp -m multiport --dports 22,80:90,443 -j ACCEPT
        -A user -p tcp -m multiport --ports 7000,8000:8010 -s 198.18.0.0/24 -j ACCEPT
        -A user -p udp --dport 53 -j ACCEPT
        -A user -p tcp ! --dport 1:1023 -i eth1 -j REJECT
        {string.Concat(Enumerable.Range(0, 80).Select(static i => $"-A user -p tcp -m tcp --dport {2000 + (3 * i)} -j ACCEPT\n"))}COMMIT

        """;

    /// <summary>None of them.</summary>
    public const string NoIptables = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n";

    public static TheoryData<string> Names => [.. All.Select(static rules => rules.Name)];

    public static string Of(string name) => All.First(rules => rules.Name == name).Text;

    private static string Input(string rules, string sets = "", string chains = "") =>
        Base("input", "drop", rules, sets + "\n" + chains);

    private static string Base(string hook, string policy, string rules, string before = "") =>
        $"table inet f {{\n{before}\nchain {hook} {{ type filter hook {hook} priority 0; policy {policy};\n{rules}\n}}\n}}\n";

    private static string Nat(string rules) =>
        $"table inet nat {{ chain pre {{ type nat hook prerouting priority dstnat;\n{rules}\n}}\n}}\n";
}
