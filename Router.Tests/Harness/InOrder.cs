using System.Collections.Concurrent;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

[assembly: TestFramework("Router.Tests.Harness.InOrder", "Router.Tests")]

namespace Router.Tests.Harness;

/// <summary>
/// Runs the collections in the order of <see cref="LongestFirst"/>. The runner of xunit starts all of them as tasks at once, and which
/// ones come last is chance: a test of ten seconds may run when all others have ended.
/// </summary>
public sealed class InOrder(IMessageSink sink) : XunitTestFramework(sink)
{
    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) =>
        new Executor(assemblyName, SourceInformationProvider, DiagnosticMessageSink);

    private sealed class Executor(AssemblyName assembly, ISourceInformationProvider source, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(assembly, source, diagnostics)
    {
        protected override async void RunTestCases(
            IEnumerable<IXunitTestCase> testCases,
            IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions
        )
        {
            using var runner = new Runner(TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync();
        }
    }

    private sealed class Runner(
        ITestAssembly assembly,
        IEnumerable<IXunitTestCase> cases,
        IMessageSink diagnostics,
        IMessageSink execution,
        ITestFrameworkExecutionOptions options
    ) : XunitTestAssemblyRunner(assembly, cases, diagnostics, execution, options)
    {
        protected override async Task<RunSummary> RunTestCollectionsAsync(IMessageBus messageBus, CancellationTokenSource cancellation)
        {
            var collections = OrderTestCollections().ToLookup(it => RunsAlone(it.Item1));
            var (together, alone) = (
                new ConcurrentQueue<Tuple<ITestCollection, List<IXunitTestCase>>>(collections[false]),
                collections[true]
            );
            var total = new RunSummary();
            var threads = ExecutionOptions.GetValue<int?>("xunit.execution.MaxParallelThreads") ?? Environment.ProcessorCount;
            foreach (var summary in await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Run(RunTogetherAsync))))
                total.Aggregate(summary);
            foreach (var (collection, its) in alone)
                total.Aggregate(await RunTestCollectionAsync(messageBus, collection, its, cancellation));
            return total;

            async Task<RunSummary> RunTogetherAsync()
            {
                var sum = new RunSummary();
                while (together.TryDequeue(out var next))
                    sum.Aggregate(await RunTestCollectionAsync(messageBus, next.Item1, next.Item2, cancellation));
                return sum;
            }
        }

        private static bool RunsAlone(ITestCollection collection) =>
            collection
                .CollectionDefinition?.GetCustomAttributes(typeof(CollectionDefinitionAttribute).AssemblyQualifiedName)
                .Any(definition => definition.GetNamedArgument<bool>(nameof(CollectionDefinitionAttribute.DisableParallelization))) == true;
    }
}
