namespace Portolan.Firewall.Judging.Ports;

/// <summary>Something that rules ask about a port. Questions that are equal have the same answers.</summary>
internal interface IPortQuestion
{
    /// <summary>Answers it.</summary>
    /// <param name="port">The port.</param>
    /// <param name="span">Ports around it; cut down to those that certainly have the same answer.</param>
    int Answer(ushort port, ref PortStretch span);

    /// <summary>Whether ports beyond those around it may have the same answer.</summary>
    bool IsShared(int answer) => true;
}

/// <summary>Which port it is: every port has an answer of its own.</summary>
internal sealed record WhichPort : IPortQuestion
{
    public static WhichPort Instance { get; } = new();

    public int Answer(ushort port, ref PortStretch span)
    {
        span = PortStretch.Of(port);
        return port;
    }

    public bool IsShared(int answer) => false;
}

/// <summary>Whether it is one of some.</summary>
/// <param name="Ports">The ports.</param>
internal sealed record IsAmongPorts(PortStretch Ports) : IPortQuestion
{
    public int Answer(ushort port, ref PortStretch span)
    {
        span = span.Beside(Ports, port);
        return port >= Ports.First && port <= Ports.Last ? 1 : 0;
    }
}
