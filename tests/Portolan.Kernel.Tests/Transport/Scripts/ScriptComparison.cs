namespace Portolan.Kernel.Tests.Transport.Scripts;

/// <summary>Plays scripts to two hosts and compares what they make of them.</summary>
internal sealed class ScriptComparison(IScriptHost kernel, IScriptHost stack)
{
    private const ushort FirstPeerPort = 4000;
    private const ushort FirstPort = 20_000;
    private const ushort LastPort = 59_999;

    /// <summary>How often a script is played again when the machine was too busy for it.</summary>
    private const int MostTries = 50;

    private ushort _port = FirstPort;

    /// <summary>The next one when all ports of the host have had their turn: their pairs may still rest in TIME-WAIT.</summary>
    private ushort _peerPort = FirstPeerPort;

    /// <summary>How often each known difference was met.</summary>
    internal Dictionary<string, int> Known { get; } = [];

    /// <summary>Scripts played again.</summary>
    internal int Repeated { get; private set; }

    /// <summary>
    /// The first difference that nothing explains; <c>null</c> when there is none. One that is not there again was the machine's.
    /// </summary>
    internal ScriptDifference? Find(IReadOnlyList<string> script) =>
        FindOnce(script) is not null && FindOnce(script) is not null ? FindOnce(script) : null;

    /// <summary>The least of a script that still shows a difference which nothing explains.</summary>
    internal ScriptDifference Shrink(ScriptDifference difference)
    {
        for (var i = 0; i < difference.Script.Count; i++)
        {
            string[] shorter = [.. difference.Script.Take(i), .. difference.Script.Skip(i + 1)];
            if (shorter.Length > 0 && Find(shorter) is { } still)
            {
                (difference, i) = (still, -1);
            }
        }

        return difference;
    }

    private ScriptDifference? FindOnce(IReadOnlyList<string> script)
    {
        for (var tries = 1; ; tries++)
        {
            (_port, _peerPort) = _port == LastPort ? (FirstPort, (ushort)(_peerPort + 1)) : ((ushort)(_port + 1), _peerPort);
            var expected = new ScriptPlayer(kernel, _port, _peerPort).Play(script);
            if (expected.WasQuick || tries == MostTries)
            {
                Assert.True(expected.WasQuick, "the machine is too busy to play a script before timers go off");
                return Compare(script, expected, new ScriptPlayer(stack, _port, _peerPort).Play(script, expected.Numbers));
            }

            Repeated++;
        }
    }

    private ScriptDifference? Compare(IReadOnlyList<string> script, ScriptRun expected, ScriptRun actual)
    {
        var (hasOverlap, startsLate, hasOldAcknowledgment) = (false, false, false);
        for (var i = 0; i < script.Count; i++)
        {
            hasOverlap |= script[i].StartsWith('<') && IsOverlap(expected.Steps[i], actual.Steps[i]);
            startsLate |= script[i].StartsWith('<') && StartsLate(expected.Steps[i], actual.Steps[i]);
            hasOldAcknowledgment |= actual.Steps[i] is { Numbers.Acknowledges: < 0 } && script[i].StartsWith('<')
                && script[i].Contains("ack=", StringComparison.Ordinal);
            if (expected.Steps[i].IsLike(actual.Steps[i]))
            {
                continue;
            }

            var difference = new ScriptDifference(
                script, i, expected.Steps[i], actual.Steps[i], hasOverlap, startsLate, hasOldAcknowledgment, [.. actual.Steps.Take(i)]);
            if (KnownDifferences.All.FirstOrDefault(known => known.Explains(difference)) is not { } found)
            {
                return difference;
            }

            Known[found.Name] = Known.GetValueOrDefault(found.Name) + 1;
            if (found.Ends)
            {
                return null;
            }
        }

        return null;
    }

    private static bool IsOverlap(ScriptStep kernel, ScriptStep stack)
    {
        var (start, end, _) = stack.Numbers;
        return (int)(end - kernel.Told) >= 0 && (int)(end - stack.Told) <= 0 && (int)(start - stack.Told) < 0;
    }

    private static bool StartsLate(ScriptStep kernel, ScriptStep stack) =>
        (int)(stack.Numbers.Start - kernel.Told) > 0 && (int)(stack.Numbers.Start - stack.Told) <= 0;
}
