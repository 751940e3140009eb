using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Reads masscan's list (<c>-oL</c>): <c>open tcp 80 198.18.0.1 1700000000</c>.</summary>
internal static class ListResult
{
    /// <summary>Reads a file.</summary>
    public static void Read(ResultLines lines, IResultSink sink)
    {
        var hosts = new HostTable();
        var isComplete = false;
        while (lines.Next() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
            {
                isComplete |= line is "# end";
                continue;
            }

            var words = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 4 || !InternetAddress.TryParse(words[3], out var address) || !PortNumber.TryParse(words[2], out var port))
            {
                lines.Fault("not a line of masscan's list: state, protocol, port, address");
            }
            else if (words[0] is not ("banner" or "comment") && TransportProtocolNames.TryParse(words[1], out var protocol))
            {
                if (PortStateNames.TryParse(words[0], out var state))
                {
                    hosts.Add(address, protocol, port, state, ReplyReason.UnknownResponse);
                }
                else
                {
                    lines.Fault("the state is neither open nor closed");
                }
            }
        }

        MasscanHead.Tell(hosts, isComplete, sink);
    }
}
