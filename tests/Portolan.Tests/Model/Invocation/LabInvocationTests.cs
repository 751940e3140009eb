using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Tests.Model.Invocation;

public sealed class LabInvocationTests
{
    [Fact]
    public void What_is_written_is_read_as_it_was()
    {
        var text = ArbMap.Default.GeneratorFor<NonEmptyString>().Select(static s => s.Get.Replace("\0", "", StringComparison.Ordinal))
            .Where(static s => s.Length > 0);
        var name = text.Where(static s => s[0] != '-');
        var invocations =
            from action in Gen.Elements(
                LabAction.Run, LabAction.Inside, LabAction.Show, LabAction.Check, LabAction.Truth, LabAction.Score, LabAction.Enter,
                LabAction.Guest)
            from topology in name
            from result in name
            from words in text.ListOf()
            from seed in ArbMap.Default.GeneratorFor<ulong?>()
            from capture in text.OrNull()
            from host in text.OrNull()
            from network in text.OrNull()
            from ports in text.OrNull()
            from flags in Gen.Choose(0, 511)
            from step in Gen.Choose(0, int.MaxValue).Select(static n => n % 3 == 0 ? (int?)null : n)
            from place in name.OrNull()
            from self in text.OrNull()
            select new LabInvocation(action)
            {
                Topology = action == LabAction.Guest ? null : topology,
                Place = place,
                Self = self,
                Host = self is null ? null : host,
                Result = action == LabAction.Score ? result : null,
                Command = action is LabAction.Run or LabAction.Inside or LabAction.Enter or LabAction.Guest ? [.. words] : [],
                Seed = seed,
                Capture = capture,
                CaptureHost = host,
                CaptureNetwork = network,
                CapturesAll = (flags & 128) != 0,
                Ports = ports,
                AllowsExec = (flags & 1) != 0,
                Json = (flags & 2) != 0,
                Xml = (flags & 4) != 0,
                Debug = (flags & 8) != 0,
                IsAlone = (flags & 16) != 0,
                Colors = (flags & 32) != 0,
                IsShell = (flags & 64) != 0,
                HoldsLesson = (flags & 256) != 0,
                Step = step,
            };
        Prop.ForAll(invocations.ToArbitrary(), static invocation =>
        {
            var read = LabInvocation.Parse(invocation.ToWords());
            return read.Command.SequenceEqual(invocation.Command) && (read with { Command = [] }) == (invocation with { Command = [] });
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("")]
    [InlineData("list")]
    [InlineData("lab")]
    [InlineData("lab fly")]
    [InlineData("lab run")]
    [InlineData("lab run a b")]
    [InlineData("lab run a --")]
    [InlineData("lab show a -- b")]
    [InlineData("lab show a --json")]
    [InlineData("lab run --seed a")]
    [InlineData("lab run --seed=x a")]
    [InlineData("lab run --step=x a")]
    [InlineData("lab run --step=-1 a")]
    [InlineData("lab run --holds-lesson=1 a")]
    [InlineData("lab run --seed=1 --seed=2 a")]
    [InlineData("lab run --json=1 a")]
    [InlineData("lab score a")]
    [InlineData("lab list a")]
    [InlineData("lab enter")]
    [InlineData("lab enter a b c")]
    [InlineData("lab enter --at=b a")]
    [InlineData("lab guest a")]
    public void Words_that_portolan_does_not_write_are_refused(string words)
    {
        var exception =
            Assert.Throws<PortolanException>(() => LabInvocation.Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal((ExitCode.Usage, true), (exception.ExitCode, exception.Hint is not null));
    }
}
