using System.Collections.Concurrent;
using System.Reflection;
using Portolan.Tests.Support;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestFramework(typeof(InOrderFramework))]

namespace Portolan.Tests.Support;

/// <summary>
/// Runs the classes in the order that <see cref="LongestFirst"/> gives. xunit queues all of them on a thread of the pool, which takes what
/// it has queued itself from the end: half of the longest would begin last. Here a place that is free goes to the next of the order.
/// </summary>
public sealed class InOrderFramework : XunitTestFramework
{
    /// <inheritdoc/>
    protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) =>
        new Executor(new XunitTestAssembly(assembly, version: assembly.GetName().Version));

    private sealed class Executor(IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override async ValueTask RunTestCases(
            IReadOnlyCollection<IXunitTestCase> testCases, IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions, CancellationToken cancellationToken)
        {
            var most = executionOptions.MaxParallelThreadsOrDefault();
            using var runner = new Runner(most > 0 ? most : int.MaxValue);
            await runner.Run(TestAssembly, testCases, executionMessageSink, executionOptions, cancellationToken);
        }
    }

    private sealed class Runner(int places) : XunitTestAssemblyRunner, IDisposable
    {
        private readonly ConcurrentQueue<(IXunitTestCollection Collection, List<IXunitTestCase> Cases)> _next = new();
        private readonly SemaphoreSlim _places = new(places);

        public void Dispose() => _places.Dispose();

        protected override List<(IXunitTestCollection Collection, List<IXunitTestCase> TestCases)> OrderTestCollections(
            XunitTestAssemblyRunnerContext ctxt)
        {
            var ordered = base.OrderTestCollections(ctxt);
            foreach (var collection in ordered.Where(static o => !o.Collection.DisableParallelization))
            {
                _next.Enqueue(collection);
            }

            return ordered;
        }

        /// <summary>Runs the next of the order instead of the one that the pool begins with; those that run alone come after all.</summary>
        protected override async ValueTask<RunSummary> RunTestCollection(
            XunitTestAssemblyRunnerContext ctxt, IXunitTestCollection testCollection, IReadOnlyCollection<IXunitTestCase> testCases)
        {
            if (testCollection.DisableParallelization)
            {
                return await base.RunTestCollection(ctxt, testCollection, testCases);
            }

            await _places.WaitAsync(ctxt.CancellationTokenSource.Token);
            try
            {
                return _next.TryDequeue(out var next) ? await base.RunTestCollection(ctxt, next.Collection, next.Cases) : default;
            }
            finally
            {
                _places.Release();
            }
        }
    }
}
