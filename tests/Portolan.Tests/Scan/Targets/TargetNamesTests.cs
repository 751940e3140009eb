using Portolan.Model;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Targets;

public sealed class TargetNamesTests
{
    private static readonly (string Name, string Addresses)[] Names =
    [
        ("one.example", "192.0.2.1"), ("two.example", "2001:db8::2 192.0.2.2 192.0.2.3"), ("six.example", "2001:db8::6"),
        ("same.example", "192.0.2.1"),
        ("xn--bcher-kva.example", "192.0.2.9"),
    ];

    [Fact]
    public async Task A_name_means_its_first_address_and_is_kept()
    {
        var plan = await Resolve(new TargetPlanBuilder(Plans.Options()), "one.example", "two.example", "six.example", "10.0.0.1");
        Assert.Equal(
            [("192.0.2.1", "one.example"), ("192.0.2.2", "two.example"), ("2001:db8::6", "six.example"), ("10.0.0.1", null)],
            plan.Hosts().Select(host => (host.Address.ToString(), host.Name)));
    }

    [Fact]
    public async Task With_resolve_all_it_means_every_address()
    {
        var plan = await Resolve(new TargetPlanBuilder(Plans.Options() with { ResolveAll = true }), "two.example");
        Assert.Equal(["2001:db8::2", "192.0.2.2", "192.0.2.3"], plan.Addresses());
        Assert.All(plan.Hosts(), host => Assert.Equal("two.example", host.Name));
    }

    [Fact]
    public async Task A_family_can_be_asked_for()
    {
        Assert.Equal(
            ["2001:db8::2"],
            (await Resolve(new TargetPlanBuilder(Plans.Options() with { NamesAsIPv6 = true }), "two.example")).Addresses());
        var builder = new TargetPlanBuilder(Plans.Options() with { NamesAsIPv6 = true });
        Assert.Empty((await Resolve(builder, "one.example")).Addresses());
        Assert.Contains("no IPv6 address", Assert.Single(builder.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_found_does_not_stop_the_others()
    {
        var builder = new TargetPlanBuilder(Plans.Options());
        var plan = await Resolve(builder, "10.0.0.1", "nowhere.example", "one.example");
        Assert.Equal(["10.0.0.1", "192.0.2.1"], plan.Addresses());
        var problem = Assert.Single(builder.Problems);
        Assert.Equal(("nowhere.example", "no such name"), (problem.Word, problem.Message));
    }

    [Fact]
    public async Task With_a_prefix_the_name_belongs_to_its_own_address()
    {
        var plan = await Resolve(new TargetPlanBuilder(Plans.Options()), "one.example/30:22");
        Assert.Equal(
            [("192.0.2.0", null), ("192.0.2.1", "one.example"), ("192.0.2.2", null), ("192.0.2.3", null)],
            plan.Hosts().Select(host => (host.Address.ToString(), host.Name)));
        Assert.Equal("22", plan.PortText(1));
    }

    [Fact]
    public async Task A_prefix_too_long_for_the_address_is_a_problem_of_that_target()
    {
        var builder = new TargetPlanBuilder(Plans.Options());
        Assert.Equal(["10.0.0.1"], (await Resolve(builder, "one.example/64", "10.0.0.1")).Addresses());
        Assert.Contains("IPv4", Assert.Single(builder.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_named_twice_comes_once_at_its_first_place_with_its_first_name()
    {
        var plan = await Resolve(new TargetPlanBuilder(Plans.Options()), "192.0.2.0/31", "same.example:22", "one.example:443");
        Assert.Equal(
            [("192.0.2.0", null), ("192.0.2.1", "same.example")], plan.Hosts().Select(host => (host.Address.ToString(), host.Name)));
        Assert.Equal("22,80,443", plan.PortText(1));
    }

    [Fact]
    public async Task Excludes_hold_over_names_and_by_name()
    {
        var builder = new TargetPlanBuilder(Plans.Options() with { ResolveAll = true });
        builder.Exclude("192.0.2.2,ONE.example");
        Assert.Equal(
            ["2001:db8::2", "192.0.2.3"], (await Resolve(builder, "two.example", "one.example", "192.0.2.1", "same.example")).Addresses());
    }

    [Fact]
    public async Task An_excluded_name_excludes_all_its_addresses()
    {
        var builder = new TargetPlanBuilder(Plans.Options());
        builder.Exclude("two.example");
        Assert.Equal(["192.0.2.1"], (await Resolve(builder, "192.0.2.1-3", "2001:db8::2")).Addresses());
    }

    [Fact]
    public async Task An_exclude_that_is_not_found_stops_the_run()
    {
        var builder = new TargetPlanBuilder(Plans.Options());
        builder.Exclude("nowhere.example");
        var exception = await Assert.ThrowsAsync<PortolanException>(() => Resolve(builder, "10.0.0.1"));
        Assert.Equal(ExitCode.Failed, exception.ExitCode);
        Assert.Contains("nothing was sent", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_looked_up_once_however_often_it_is_named()
    {
        var lookup = new KnownNames(Names);
        var builder = Plans.Builder("one.example", "ONE.example:22", "one.example.:443");
        await builder.ResolveAsync(lookup, TestContext.Current.CancellationToken);
        Assert.Equal(1, lookup.Lookups);
        Assert.Equal("22,80,443", builder.Build().PortText(0));
    }

    [Fact]
    public async Task Other_letters_are_written_as_DNS_has_them()
        => Assert.Equal("xn--bcher-kva.example", (await Resolve(new TargetPlanBuilder(Plans.Options()), "bücher.example")).HostAt(0).Name);

    [Fact]
    public void A_plan_with_names_that_were_not_looked_up_is_a_mistake()
        => Assert.Throws<InvalidOperationException>(() => Plans.Of("one.example"));

    private static async Task<TargetPlan> Resolve(TargetPlanBuilder builder, params string[] words)
    {
        foreach (var word in words)
        {
            builder.Add(word);
        }

        await builder.ResolveAsync(new KnownNames(Names), TestContext.Current.CancellationToken);
        return builder.Build();
    }
}
