namespace Portolan.Cli.Commands.Lab;

/// <summary>Commands of other programs that build networks and containers, and what stands for them in a lab.</summary>
internal static class LabRemedies
{
    /// <summary>What stands for a command; <c>null</c> for one that is not known.</summary>
    public static Advice? Find(string command) => command switch
    {
        "start" or "up" or "play" or "deploy" or "create" or "new" or "launch" or "boot" =>
            $"a lab lives as long as its command: portolan lab run NAME -- COMMAND; portolan lab run NAME plays its scenario",
        "stop" or "down" or "destroy" or "rm" or "remove" or "delete" or "kill" or "clean" or "cleanup" =>
            $"a lab ends with the command of its portolan lab run, and leaves nothing behind",
        "shell" or "ssh" or "attach" or "login" or "console" or "connect" or "bash" or "sh" =>
            $"portolan lab enter NAME HOST opens a shell at the place of a host",
        "ls" or "labs" or "names" or "topologies" or "images" => $"portolan lab list names the built-in labs",
        "ps" or "status" or "hosts" or "nodes" or "inspect" or "describe" =>
            $"portolan lab show NAME lists its hosts; inside a lab portolan list --lab lists their sockets",
        "cat" or "dump" or "export" or "print" or "graph" or "draw" or "view" or "info" =>
            $"portolan lab show NAME draws a lab, and with --yaml or --json prints its file",
        "validate" or "lint" or "verify" or "test" => $"portolan lab check FILE reports errors of a topology",
        "capture" or "tcpdump" or "pcap" or "sniff" => $"portolan lab run NAME --pcap FILE -- COMMAND",
        "result" or "results" or "compare" or "diff" or "judge" => $"portolan lab score NAME RESULT scores a scanner's result",
        _ => null,
    };
}
