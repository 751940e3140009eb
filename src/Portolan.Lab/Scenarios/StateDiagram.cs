namespace Portolan.Lab.Scenarios;

/// <summary>
/// The states of TCP and the ways between them (RFC 9293 section 3.3.2), without those that a RST or an early close takes.
/// </summary>
internal static class StateDiagram
{
    private const string Drawing = """
                                   <CLOSED>
                 listen               |           connect: SYN sent
                +---------------------+------------------------+
                v                                              v
             <LISTEN>                                      <SYN-SENT>
                |                                              |
                | SYN came: SYN-ACK sent                       |
                v               SYN came: SYN-ACK sent         |
          <SYN-RECEIVED> <-------------------------------------+
                |                                              |
                | ACK of SYN came                              | SYN-ACK came: ACK sent
                +----------------> <ESTABLISHED> <-------------+
                                     |       |
                 close: FIN sent     |       |      FIN came: ACK sent
                +--------------------+       +-----------------+
                v                                              v
          <FIN-WAIT-1> --------------------+              <CLOSE-WAIT>
                |    FIN came: ACK sent    |                   |
                | ACK of FIN came          v                   | close: FIN sent
                v                      <CLOSING>               v
          <FIN-WAIT-2>                     |               <LAST-ACK>
                |                          |                   |
                | FIN came: ACK sent       | ACK of FIN came   | ACK of FIN came
                +----> <TIME-WAIT> <-------+                   v
                            |         twice the longest life   |
                            +------ of a segment (2 MSL) ----> <CLOSED>
        """;

    /// <summary>The drawing; states that were reached stand in brackets.</summary>
    internal static List<string> Lines(IReadOnlySet<TcpState> reached)
    {
        var drawing = Drawing;
        foreach (var state in Enum.GetValues<TcpState>())
        {
            drawing = drawing.Replace(
                $"<{state.Name()}>", reached.Contains(state) ? $"[{state.Name()}]" : $" {state.Name()} ", StringComparison.Ordinal);
        }

        List<string> lines = [.. drawing.Split('\n').Select(static line => line.TrimEnd())];
        var margin = lines.Min(static line => line.Length - line.TrimStart().Length);
        return [.. lines.Select(line => line[margin..])];
    }
}
