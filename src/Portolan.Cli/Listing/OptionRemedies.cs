namespace Portolan.Cli.Listing;

/// <summary>
/// What ss, netstat and lsof have and <c>list</c> has not: each is refused by name with what to run instead. docs/list.md has the table.
/// </summary>
internal static class OptionRemedies
{
    /// <summary>What to run instead, or <c>null</c> for an option none of them has.</summary>
    public static Advice? Find(string option) => option switch
    {
        "-V" or "--version" => $"run portolan version",
        "-s" or "--summary" or "--statistics" => $"for a summary of ports run portolan; for protocol counters ss -s or netstat -s",
        "-T" or "--threads" => $"threads share the descriptors of their process: use -p",
        "-E" or "--events" => $"use list --watch, which prints sockets as they appear, change and disappear: portolan list --json --watch",
        "-K" or "--kill" => $"to stop the holder of a port run portolan stop PORT; to close one connection ss -K",
        "-N" or "--net" => $"use --all-namespaces with the filter namespace NAME, or ip netns exec NAME portolan list",
        "-Z" or "-z" or "--context" or "--contexts" => $"security contexts are not read: use ss -Z",
        "-b" or "--bpf" => $"socket filters are not read: use ss -b",
        "-D" or "--diag" => $"for a recording use --json",
        "-F" or "--filter" or "--fib" => $"write the filter on the command line: portolan list \"$(cat FILE)\"",
        "--tos" or "--inet-sockopt" or "--tipcinfo" => $"socket options are not read: use ss {option}",
        "--cgroup" => $"use --columns local,remote,createdIn, or -p with --columns local,remote,unit,container,owner",
        "--tipc" or "--vsock" or "--xdp" => $"Portolan lists sockets with ports, Unix and packet sockets: use ss {option}",
        "-B" or "--bound-inactive" => $"use list --bound state bound",
        "-g" or "--groups" => $"multicast groups are not sockets: use ip maddress",
        "--route" => $"the routing table is not a list of sockets: use ip route",
        "--interfaces" => $"interfaces are not sockets: use ip -s link",
        "-C" or "--cache" => $"the routing cache is not a list of sockets: use ip route",
        "--masquerade" => $"masqueraded connections are in conntrack -L",
        "--symbolic" => $"hardware names are not shown here",
        "--ax25" or "--ipx" or "--netrom" or "--x25" or "--rose" or "--ddp" or "--bluetooth" =>
            $"Portolan does not list this family: use netstat {option}",
        "-P" => $"to keep ports as numbers use -n or --numeric-ports",
        "-L" or "-k" => $"use -p",
        _ => null,
    };
}
