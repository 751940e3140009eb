using System.Text;

namespace Portolan.Scenarios;

/// <summary>The times of <c>scan</c> beside nmap on the same targets, over virtual cables. Needs root.</summary>
internal static class ScanScenario
{
    private const string Nmap = "/usr/bin/nmap";

    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        Contender Ours(params string[] words) => new("portolan scan " + string.Join(' ', words), options.Program, ["scan", .. words]);
        Contender Theirs(params string[] words) => new("nmap " + string.Join(' ', words), Nmap, words);

        using (var lab = ScanLab.OnOneCable())
        {
            lab.Target.ListenTcp(22, 25, 53, 80, 110, 143, 443, 993, 3306, 8080);
            lab.Scanner.Run(() =>
            {
                Compare("raw", "65,535 ports of one host, raw", "-n", "-Pn", "-sS", "-p-", ScanLab.TargetAddress);
                Compare("connect", "65,535 ports of one host, connect", "-n", "-Pn", "-sT", "-p-", ScanLab.TargetAddress);
                Compare("start", "start and scan one port over a cable, raw", "-n", "-Pn", "-sS", "-p", "80", ScanLab.TargetAddress);
            });
            lab.Scanner.Run(() =>
            {
                using var server = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 80);
                server.Start(1024);
                Compare("start", "start and scan one port on loopback, connect", "-n", "-sT", "-p", "80", "127.0.0.1");
            });
        }

        using (var lab = ScanLab.BehindRouter())
        {
            lab.Target.ListenTcp(22, 25, 53, 80, 110, 143, 443, 993, 3306, 8080);
            lab.Scanner.Run(
                () => Compare("routed", "65,535 ports of one host behind a router", "-n", "-Pn", "-sS", "-p-", ScanLab.TargetAddress));
        }

        using (var lab = ScanLab.OnOneCable(addresses: 127))
        {
            lab.Target.ListenTcp(22, 80, 443, 993);
            lab.Scanner.Run(
                () => Compare("network", "/24 × 1,000 ports, 127 of 254 hosts alive", "-n", "-sS", "-p1-1000", "198.18.0.0/24"));
        }

        using (var lab = ScanLab.OnOneCable(addresses: 10))
        {
            lab.Target.ListenTcp([.. Enumerable.Range(10_000, 1000)]);
            lab.Scanner.Run(() =>
            {
                if (options.Wants("handshakes"))
                {
                    string[] words = ["-n", "-Pn", "-p", "10000-10999", "198.18.0.2-11"];
                    new Comparison("10,000 open ports of ten hosts, a handshake with each", options.Runs, csv, summary).Run(
                        Ours(["--own-stack", .. words]), Ours(["-sT", .. words]), Ours(["-sS", .. words]), Theirs(["-sT", .. words]));
                }
            });
        }

        using (var lab = ScanLab.WideNetwork())
        {
            lab.Target.ListenTcp(22, 80, 100);
            lab.Scanner.Run(() =>
            {
                if (options.Wants("memory"))
                {
                    new Comparison("memory: 198.18.0.0/15 × 128 ports", 1, csv, summary).Run(
                        Ours("-n", "-Pn", "-sS", "-p1-128", "--yes", "--max-retries", "1", "198.18.0.0/15"));
                }
            });
        }

        options.Write("scan", csv, summary);
        return 0;

        void Compare(string word, string work, params string[] words)
        {
            if (options.Wants(word))
            {
                new Comparison(work, options.Runs, csv, summary).Run(Ours(words), Theirs(words));
            }
        }
    }
}
