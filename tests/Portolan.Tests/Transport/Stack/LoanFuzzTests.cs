using Portolan.Tests.Transport.Stack.Loans;

namespace Portolan.Tests.Transport.Stack;

/// <summary>A short search for memory that is seen by others than its holder; <c>bench/stack loans</c> is the long one.</summary>
public sealed class LoanFuzzTests
{
    [Trait("Quick", "no")]
    [Fact]
    public async Task No_thread_sees_bytes_of_another_connection_whatever_ends_meanwhile()
    {
        var tally = new LoanTally();
        for (var seed = 1; seed <= 10; seed++)
        {
            await LoanFuzzer.RunAsync(seed, connections: 12, tally);
            Assert.True(
                tally.Foreign == 0 && tally.Faults.IsEmpty,
                $"seed {seed}: {tally.Foreign} foreign bytes\n{string.Join('\n', tally.Faults)}");
        }

        Assert.True(tally is { Bytes: > 0, Connections: > 0, Held: > 0, Datagrams: > 0 });
    }
}
