using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>The pipes of one worker. A direction has one only while data goes through it in bulk, so few serve many.</summary>
internal sealed class PipePool(DescriptorBudget budget)
{
    /// <summary>
    /// Bytes a pipe takes. One that holds more than the socket's buffers makes the sender wait longer for its turn and the processor's
    /// cache colder.
    /// </summary>
    public const int PipeBytes = 256 * 1024;

    private const int MostIdle = 64;

    private readonly Stack<RelayPipe> _idle = new();

    /// <summary>Gives an empty pipe; <c>false</c> where there are no descriptors for it, and data must be copied.</summary>
    public bool TryRent(out RelayPipe pipe)
    {
        if (_idle.TryPop(out pipe))
        {
            return true;
        }

        // Connections come first: a pipe makes fast, a descriptor for a target makes it possible.
        if (!budget.TryReserveSpare(2))
        {
            return false;
        }

        if (RelayPipe.TryOpen(PipeBytes, out pipe) == 0)
        {
            return true;
        }

        budget.Release(2);
        return false;
    }

    /// <summary>Takes back a pipe; one that is not empty is closed.</summary>
    public void Return(RelayPipe pipe, bool isEmpty)
    {
        if (isEmpty && _idle.Count < MostIdle && !budget.IsShort)
        {
            _idle.Push(pipe);
            return;
        }

        pipe.Close();
        budget.Release(2);
    }

    /// <summary>Closes unused ones.</summary>
    public void Trim()
    {
        while (_idle.TryPop(out var pipe))
        {
            pipe.Close();
            budget.Release(2);
        }
    }
}
