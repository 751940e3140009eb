using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>
/// The same calls on the framework's sockets and on the stack give the same values, exception types and codes: catch blocks that exist go
/// on working.
/// </summary>
public sealed class SocketDifferentialTests
{
    public static TheoryData<string> LoopbackSituations => [.. SocketSituations.OnLoopback.Keys];

    public static TheoryData<string> CableSituations => [.. SocketSituations.OnCable.Keys];

    public static TheoryData<string> LoopbackDatagrams => [.. DatagramSituations.OnLoopback.Keys];

    public static TheoryData<string> CableDatagrams => [.. DatagramSituations.OnCable.Keys];

    [Theory]
    [MemberData(nameof(LoopbackSituations))]
    public Task Streams_fail_as_those_of_the_kernel(string situation) =>
        CompareAsync(SocketSituations.OnLoopback[situation], KernelSockets.OnLoopback, StackSockets.OnLoopback);

    [Theory]
    [MemberData(nameof(CableSituations))]
    public Task Streams_on_a_cable_fail_as_those_of_the_kernel(string situation) =>
        CompareAsync(SocketSituations.OnCable[situation], KernelSockets.OnCable, StackSockets.OnCable);

    [Theory]
    [MemberData(nameof(LoopbackDatagrams))]
    public Task Datagrams_fail_as_those_of_the_kernel(string situation) =>
        CompareAsync(DatagramSituations.OnLoopback[situation], KernelSockets.OnLoopback, StackSockets.OnLoopback);

    [Theory]
    [MemberData(nameof(CableDatagrams))]
    public Task Datagrams_on_a_cable_fail_as_those_of_the_kernel(string situation) =>
        CompareAsync(DatagramSituations.OnCable[situation], KernelSockets.OnCable, StackSockets.OnCable);

    private static async Task CompareAsync(
        Func<ISocketWorld, Protocol, Task> situation, Func<ISocketWorld> kernel, Func<ISocketWorld> stack)
    {
        var (expected, actual) = (await RunAsync(situation, kernel), await RunAsync(situation, stack));
        Assert.True(expected == actual, $"the kernel's sockets:\n{expected}\n\nthe stack's:\n{actual}");
    }

    private static async Task<string> RunAsync(Func<ISocketWorld, Protocol, Task> situation, Func<ISocketWorld> make)
    {
        await using var world = make();
        var notes = new Protocol();
        try
        {
            await situation(world, notes).WaitAsync(Bounded.Limit, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"on {world.GetType().Name} it hung after these calls:\n{notes}", exception);
        }

        return $"{notes}";
    }
}
