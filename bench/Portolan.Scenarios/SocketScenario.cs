using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Portolan.Scenarios;

/// <summary>
/// The figures of <c>list</c>: 20 listeners; 100,000 TCP sockets; the same with owners over 10 processes; the listeners among them.
/// Runs in a network namespace of its own (start it through bench/sockets), so only the sockets made here are listed.
/// </summary>
internal static class SocketScenario
{
    public static int Run(string[] args)
    {
        var options = Options.Parse(args);
        var csv = new StringBuilder("work,command,run,wall_ms,user_ms,system_ms,exit\n");
        var summary = new StringBuilder();
        string Tool(string name) => new[] { "/usr/bin/", "/bin/", "/sbin/", "/usr/sbin/" }.Select(d => d + name).First(File.Exists);
        string ss = Tool("ss"), netstat = Tool("netstat"), lsof = Tool("lsof"), portolan = options.Program;
        Contender Ours(params string[] a) => new("portolan " + string.Join(' ', a), portolan, a);

        if (options.Wants("start"))
        {
            new Comparison("start: version", options.Runs * 3, csv, summary).Run(
                Ours("version"), new Contender("true", Tool("true")));
        }

        if (options.Wants("listeners"))
        {
            var listeners = Enumerable.Range(0, 20).Select(Listen).ToList();
            new Comparison("20 listeners", options.Runs * 3, csv, summary).Run(
                Ours("list", "-tln"), new Contender("ss -tln", ss, "-tln"), new Contender("netstat -tln", netstat, "-tln"));
            listeners.ForEach(l => l.Dispose());
        }

        using (new Holders(options.Processes, options.Sockets))
        {
            var count = options.Sockets.ToString("N0", CultureInfo.InvariantCulture);
            if (options.Wants("tan"))
            {
                new Comparison($"{count} TCP sockets, no owners", options.Runs, csv, summary).Run(
                    Ours("list", "-tan"), new Contender("ss -tan", ss, "-tan"), new Contender("netstat -tan", netstat, "-tan"));
            }

            if (options.Wants("owners"))
            {
                new Comparison($"{count} TCP sockets with owners", options.Runs, csv, summary).Run(
                    Ours("list", "-tanp"), Ours("list", "-tanp", "--owners", "proc"), new Contender("ss -tanp", ss, "-tanp"),
                    new Contender("netstat -tanp", netstat, "-tanp"), new Contender("lsof -nP -iTCP", lsof, "-nP", "-iTCP"));
                new Comparison($"{count} TCP sockets with owners, no BPF", options.Runs, csv, summary).Run(
                    Ours("list", "-tanp", "--owners", "proc"), new Contender("ss -tanp", ss, "-tanp"),
                    new Contender("netstat -tanp", netstat, "-tanp"));
            }

            if (options.Wants("tlnp"))
            {
                new Comparison($"the listeners among {count} sockets, with owners", options.Runs, csv, summary).Run(
                    Ours("list", "-tlnp"), new Contender("ss -tlnp", ss, "-tlnp"));
                new Comparison($"the listeners among {count} sockets, with owners, no BPF", options.Runs, csv, summary).Run(
                    Ours("list", "-tlnp", "--owners", "proc"), new Contender("ss -tlnp", ss, "-tlnp"));
            }
        }

        options.Write("sockets", csv, summary);
        return 0;
    }

    private static Socket Listen(int index)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 6000 + index));
        socket.Listen(16);
        return socket;
    }
}
