using Portolan.Linux.Terminals;

namespace Portolan.Tests.Support;

/// <summary>Keys that are typed one after the other, each when the screen is as it says.</summary>
internal sealed class KeysInTurn(params (Func<bool> IsSo, string Keys)[] steps) : ITerminalKeys
{
    private int _typed;

    public int Take(Span<byte> bytes) =>
        _typed < steps.Length ? System.Text.Encoding.UTF8.GetBytes(steps[_typed++].Keys, bytes) : 0;

    public bool Wait(TimeSpan longest)
    {
        var isReached = _typed == steps.Length || steps[_typed].IsSo();
        if (!isReached)
        {
            Assert.True(_waited.Elapsed < TimeSpan.FromMinutes(1), $"the screen never was as step {_typed + 1} needs it");
            Thread.Yield();
        }

        return isReached && _typed < steps.Length;
    }

    private readonly System.Diagnostics.Stopwatch _waited = System.Diagnostics.Stopwatch.StartNew();

    public void Dispose()
    {
    }
}
